import { processMemoryBytes } from '@mnist-lab/core/node'
import type { Backend } from './interface.js'
import { node } from './native/node.js'
import { fusedJs } from './fused-js.js'
import { fused } from './node/fused.js'
import { type BackendOptions, BackendRegistry, type Choice } from './registry.js'
import { nullBackend } from './testing/null.js'
import { cpu } from './tfjs/cpu.js'
import { wasm } from './tfjs/wasm.js'

export {
  findInstallation,
  type FoundInstallation,
  type Installation,
  INSTALLATION_SCHEMA,
  installationFolder,
  TFJS_NODE_VERSION,
} from './native/installation.js'
export { CORE_SYMBOL } from './native/load-native.js'
export { node, type NodeOptions } from './native/node.js'
export { fused } from './node/fused.js'

const registry = new BackendRegistry('node', {
  fused,
  wasm: (options) => wasm({ maxBytes: processMemoryBytes(), ...options }),
  node,
  'fused-js': (options) => fusedJs({ maxBytes: processMemoryBytes(), ...options }),
  cpu: (options) => cpu({ maxBytes: processMemoryBytes(), ...options }),
  null: () => nullBackend(),
})

/** The names of the listed backends that run in Node.js, from fast to slow. */
export const BACKEND_NAMES: readonly string[] = registry.names

/**
 * Creates a backend by its name, in Node.js. Nothing heavy is loaded before it is opened.
 *
 * @param name a name in `BACKENDS`
 * @throws BackendError when Node.js has no backend of that name
 */
export function backendByName(name: string, options: BackendOptions = {}): Backend {
  return registry.create(name, options)
}

/**
 * Creates a backend by its name and probes it. The name `auto` means the fastest one that probes
 * ok.
 *
 * @throws BackendError when the backend is unknown or not available here, with the reason and a
 * hint
 */
export function availableBackend(name: string, options: BackendOptions = {}): Promise<Choice> {
  return registry.available(name, options)
}
