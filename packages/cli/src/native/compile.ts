import { createRequire } from 'node:module'
import { dirname, basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@mnist-lab/terminal'
import type { Libtensorflow } from './libtensorflow.js'
import { firstThatRuns, runCommand } from './run-command.js'
import type { Prepared, Stage } from './stage.js'
import { KERNELS } from './tfjs-node-package.js'

const BINDING = 'tfjs_binding.node'
const MUTE = 'mute_stderr.node'

/** Of Node-API: the newest that tfjs-node's addon was made for. */
const NAPI_VERSION = 8

/**
 * Compiles tfjs-node's addon, two C++ sources, against a TensorFlow, and the addon that keeps TensorFlow quiet while it loads.
 * They work in every Node.js from 12.22 on: Node-API does not change.
 *
 * @throws UsageError when there is no compiler, or it fails
 */
export async function compileBinding(
  { include, libraries }: Libtensorflow,
  stage: Stage,
): Promise<Pick<Prepared, 'binding' | 'muteStderr'>> {
  const { folder, signal, say } = stage
  const compiler = await findCompiler(signal)
  say(`compiling the addon with ${compiler}`)
  const sources = join(folder, KERNELS, 'binding')
  const shared = [
    '-std=c++17',
    '-O2',
    '-shared',
    '-fPIC',
    '-w',
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    '-I',
    nodeApiHeaders(),
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
  ]
  const compile = (args: readonly string[]) =>
    runCommand(compiler, [...shared, ...args], {
      signal,
      hint: `the TensorFlow in ${dirname(libraries[0]!)} may not fit tfjs-node; set up another one`,
    })
  await compile([
    '-I',
    include,
    '-I',
    join(folder, KERNELS),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
    ...libraries,
    `-Wl,-rpath,${rpath(dirname(libraries[0]!), folder)}`,
    '-o',
    join(folder, BINDING),
  ])
  await compile([
    '-DNODE_GYP_MODULE_NAME=mute_stderr',
    fileURLToPath(new URL('../../native/mute-stderr.cc', import.meta.url)),
    '-o',
    join(folder, MUTE),
  ])
  return { binding: BINDING, muteStderr: MUTE }
}

/** Libraries within the stage are found beside the addon, wherever it is moved; the user's own where they are. */
function rpath(libraryFolder: string, stageFolder: string): string {
  const within = relative(stageFolder, libraryFolder)
  if (within.startsWith('..')) return libraryFolder
  const origin = process.platform === 'darwin' ? '@loader_path' : '$ORIGIN'
  return within === '' ? origin : `${origin}/${within}`
}

/** Not those of the Node.js at hand, which many installations come without. */
function nodeApiHeaders(): string {
  return join(
    dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
    'include',
  )
}

/** @throws UsageError when there is none */
export async function findCompiler(signal: AbortSignal): Promise<string> {
  const candidates = [process.env['CXX'] ?? '', 'c++', 'g++', 'clang++'].filter(
    (name) => name !== '',
  )
  const compiler = await firstThatRuns(candidates, signal)
  if (compiler !== undefined) return compiler
  const install =
    process.platform === 'darwin'
      ? '`xcode-select --install`'
      : '`apt install g++` or your system’s like'
  throw new UsageError({
    where: 'C++ compiler',
    what: `none of ${candidates.map((name) => basename(name)).join(', ')} runs`,
    hint: `install one: ${install}`,
  })
}
