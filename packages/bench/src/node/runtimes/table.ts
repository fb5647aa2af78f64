import { BackendError } from '@mnist-lab/backends'
import { WEB_BACKEND_NAMES, webBackend } from '@mnist-lab/backends/web'
import { type BrowserName, findBrowser } from '@mnist-lab/core/node'
import { UsageError } from '@mnist-lab/terminal'
import { bun, deno } from './bun-deno.js'
import { nodeAtPath, nodeMode, otherNode, ownNode } from './node-runtimes.js'
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
  // The driver of browsers is large, and most programs need only the table.
  start: async (path) => (await import('./browser.js')).startBrowser(name, path),
})

/** The table of runtimes. To add one, add a row; `--in`, `@runtime` and the help texts follow. */
export const RUNTIMES: Readonly<Record<string, Runtime>> = {
  node: ownNode,
  node20: otherNode(20),
  node22: otherNode(22),
  node24: otherNode(24),
  node26: otherNode(26),
  liftoff: nodeMode({
    name: 'liftoff',
    description: "Node.js with V8's baseline compiler for WebAssembly alone.",
    flags: ['--liftoff-only'],
    backends: ['fused', 'wasm', 'fused-js', 'cpu'],
    note: "V8 compiled WebAssembly with its baseline compiler alone (--liftoff-only), which does not optimise: the speed of a module's first calls",
  }),
  nosimd: nodeMode({
    name: 'nosimd',
    description: 'Node.js as on a processor without SSE 4.1, where WebAssembly has no SIMD.',
    flags: ['--no-enable-sse4-1'],
    backends: ['fused', 'wasm', 'fused-js', 'cpu'],
    note: 'V8 was told that the processor has no SSE 4.1 (--no-enable-sse4-1), and so has no SIMD in WebAssembly',
    onX64: true,
  }),
  jitless: nodeMode({
    name: 'jitless',
    description: 'Node.js without compiled code: an interpreter, and no WebAssembly.',
    flags: ['--jitless'],
    backends: ['fused-js', 'cpu'],
    note: 'V8 interpreted all JavaScript and had no WebAssembly (--jitless), as where a program may not generate code',
    slow: true,
  }),
  bun,
  deno,
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

/** The beginning of the name of a runtime that is the Node.js at a path. */
const NODE_AT = 'node='

/** Returns the runtime of a name, or undefined if there is none. */
export function runtimeOf(name: string): Runtime | undefined {
  if (Object.hasOwn(RUNTIMES, name)) return RUNTIMES[name]
  const path = name.startsWith(NODE_AT) ? name.slice(NODE_AT.length) : ''
  return path === '' ? undefined : nodeAtPath(path)
}

/** Returns the backends that `--backend=all` stands for in a runtime. */
export function backendNamesIn(runtime: string): readonly string[] {
  return runtimeOf(runtime)!.backendNames
}

/** Returns the backend that a runtime is measured with where nobody has named one. */
export function defaultBackendIn(runtime: string): string {
  const names = backendNamesIn(runtime)
  return names.includes('fused') ? 'fused' : names[0]!
}

/** Returns why a runtime has no backend of that name, or undefined if it has one. */
export function backendErrorIn(runtime: string, backend: string): BackendError | undefined {
  try {
    runtimeOf(runtime)!.createBackend(backend)
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
  if (runtimeOf(name) !== undefined) return name
  throw new UsageError({
    where,
    expected: `some of ${RUNTIME_NAMES.join(', ')}, node=PATH`,
    got: name,
    hint: 'correct the name of the runtime',
  })
}
