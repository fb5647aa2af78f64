import { someBackends } from './backends-of.js'
import { findRuntime } from './find-runtime.js'
import { runningWith, withNotes } from './node-runtimes.js'
import { runInProgram } from './program-process.js'
import type { Runtime } from './runtime.js'

/** The backends that run in Bun and in Deno. The native addon is compiled for Node.js. */
const BACKENDS: readonly string[] = ['fused', 'wasm', 'fused-js', 'cpu']

/** Bun, whose JavaScript engine is JavaScriptCore. */
export const bun: Runtime = {
  description: 'Bun, whose JavaScript engine is JavaScriptCore.',
  ...someBackends('bun', BACKENDS),
  find: () => findRuntime({ name: 'bun', title: 'Bun', variable: 'BUN_PATH', programs: ['bun'] }),
  start: async (path) =>
    runningWith((request, signal) =>
      runInProgram(request, signal, {
        path,
        args: () => ['--expose-gc'],
        // A cache of compiled modules would make all processes but the first start faster.
        environment: { BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0' },
      }),
    ),
}

/** Deno, whose JavaScript engine is V8. */
export const deno: Runtime = {
  description: 'Deno, whose JavaScript engine is V8.',
  ...someBackends('deno', BACKENDS),
  find: () =>
    findRuntime({ name: 'deno', title: 'Deno', variable: 'DENO_PATH', programs: ['deno'] }),
  start: async (path) =>
    runningWith(async (request, signal) =>
      withNotes(
        await runInProgram(request, signal, {
          path,
          args: (folder) => [
            'run',
            '--no-prompt',
            '--no-code-cache',
            '--allow-read',
            `--allow-write=${folder}`,
            '--allow-sys=cpus,systemMemoryInfo',
            '--v8-flags=--expose-gc',
          ],
          environment: { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
        }),
        [
          'it may read files, ask for the size of the memory and the times of the cores, and write its report; it has no network, no environment and no programs',
        ],
      ),
    ),
}
