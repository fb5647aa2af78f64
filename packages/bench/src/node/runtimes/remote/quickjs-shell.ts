// The program that runs the remote engine's script in QuickJS, which is itself WebAssembly in
// Node.js. Its argument is the module of the package quickjs-emscripten.
import { pathToFileURL } from 'node:url'
import { readBounded } from '@mnist-lab/core/node'
import { REMOTE_SCRIPT } from './built-files.js'
import { print, readline } from './shell-lines.js'

/** A value inside QuickJS. */
interface Handle {
  readonly dispose: () => void
}

/** The result of a call into QuickJS: a value, or a handle of the error. */
type Result<T> = { readonly value: T; readonly error?: never } | { readonly error: Handle }

/** The part of quickjs-emscripten that is used here. It is not a dependency of this package. */
interface QuickJs {
  readonly newContext: () => {
    readonly global: Handle
    readonly runtime: { readonly executePendingJobs: () => Result<number> }
    readonly newString: (text: string) => Handle
    readonly newFunction: (name: string, work: (argument: Handle) => Handle | void) => Handle
    readonly getString: (handle: Handle) => string
    readonly setProp: (object: Handle, name: string, value: Handle) => void
    readonly evalCode: (code: string, file: string) => Result<Handle>
    readonly dump: (handle: Handle) => unknown
  }
}

/** The largest script that is read. */
const MAX_SCRIPT_BYTES = 16 * 2 ** 20

const { getQuickJS } = (await import(pathToFileURL(process.argv[2]!).href)) as {
  readonly getQuickJS: () => Promise<QuickJs>
}
const context = (await getQuickJS()).newContext()

function value<T>(result: Result<T>): T {
  if (result.error === undefined) return result.value
  throw new Error(`QuickJS: ${JSON.stringify(context.dump(result.error))}`)
}

context.setProp(
  context.global,
  'readline',
  context.newFunction('readline', () => context.newString(readline())),
)
context.setProp(
  context.global,
  'print',
  context.newFunction('print', (line) => print(context.getString(line))),
)
const script = new TextDecoder().decode(await readBounded(REMOTE_SCRIPT, MAX_SCRIPT_BYTES))
value(context.evalCode(script, 'script.js')).dispose()
// The script waits for its input inside of a job, so it has come to its end when there are no more.
while (value(context.runtime.executePendingJobs()) > 0);
