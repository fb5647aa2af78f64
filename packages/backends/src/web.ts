import { fused } from './fused.js'
import { fusedJs } from './fused-js.js'
import type { Backend } from './interface.js'
import { type BackendOptions, BackendRegistry } from './registry.js'
import { nullBackend } from './testing/null.js'
import { cpu } from './tfjs/cpu.js'
import { wasm } from './tfjs/wasm.js'
import { webgl } from './tfjs/webgl.js'
import { webgpu } from './tfjs/webgpu.js'

const registry = new BackendRegistry('browser', {
  fused,
  webgpu: () => webgpu(),
  wasm,
  webgl: () => webgl(),
  'fused-js': fusedJs,
  cpu,
  null: () => nullBackend(),
})

/**
 * The names of the listed backends that run in browsers, from fast to slow on a machine with a GPU.
 */
export const WEB_BACKEND_NAMES: readonly string[] = registry.names

/**
 * Creates a backend by its name, in a browser. Nothing heavy is loaded before it is opened.
 *
 * @param name a name in `BACKENDS`
 * @throws BackendError when browsers have no backend of that name
 */
export function webBackend(name: string, options: BackendOptions = {}): Backend {
  return registry.create(name, options)
}
