import { BackendError } from '@mnist-lab/backends'
import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import { WEB_BACKEND_NAMES, webBackend } from '@mnist-lab/backends/web'
import { type BrowserName, findBrowser } from '@mnist-lab/core/node'
import { UsageError } from '@mnist-lab/terminal'
import { startBrowser } from './browser.js'
import { runInNodeProcess } from './node-process.js'
import { arm64 } from './remote/arm64.js'
import { jsc } from './remote/jsc.js'
import { quickjs } from './remote/quickjs.js'
import { memory64 } from './remote/small-memory.js'
import { workerd } from './remote/workerd.js'
import type { Runtime } from './runtime.js'

const browser = (name: BrowserName, description: string): Runtime => ({
  description,
  backendNames: WEB_BACKEND_NAMES,
  createBackend: (backend) => webBackend(backend),
  find: () => findBrowser(name),
  start: (path) => startBrowser(name, path),
})

/** The table of runtimes. To add one, add a row; `--in`, `@runtime` and the help texts follow. */
export const RUNTIMES: Readonly<Record<string, Runtime>> = {
  node: {
    description: 'The Node.js that runs the bench.',
    backendNames: BACKEND_NAMES,
    createBackend: (backend) => backendByName(backend),
    find: async () => ({ ok: true, path: process.execPath }),
    start: async () => ({
      run: (request, signal) => runInNodeProcess(request, signal),
      async close() {},
    }),
  },
  chromium: browser('chromium', 'Chromium, or Google Chrome.'),
  firefox: browser('firefox', 'Firefox.'),
  workerd,
  jsc,
  quickjs,
  memory64,
  arm64,
}

/** The names of the runtimes: `node`, `chromium` and so on. */
export const RUNTIME_NAMES: readonly string[] = Object.keys(RUNTIMES)

/** Returns the backends that `--backend=all` stands for in a runtime. */
export function backendNamesIn(runtime: string): readonly string[] {
  return RUNTIMES[runtime]!.backendNames
}

/** Returns why a runtime has no backend of that name, or undefined if it has one. */
export function backendErrorIn(runtime: string, backend: string): BackendError | undefined {
  try {
    RUNTIMES[runtime]!.createBackend(backend)
    return undefined
  } catch (error) {
    if (error instanceof BackendError) return error
    throw error
  }
}

/**
 * Returns the name of a runtime if there is one of that name.
 *
 * @param where the flag or the engine that names it
 * @throws UsageError for an unknown runtime
 */
export function knownRuntime(name: string, where: string): string {
  if (Object.hasOwn(RUNTIMES, name)) return name
  throw new UsageError({
    where,
    expected: `some of ${RUNTIME_NAMES.join(', ')}`,
    got: name,
    hint: 'correct the name of the runtime',
  })
}
