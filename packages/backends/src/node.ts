export { availableBackend, BACKEND_NAMES, backendByName, type BackendFlags } from './node/all.js'
export { fused } from './node/fused.js'
export {
  findInstallation,
  type FoundInstallation,
  type Installation,
  INSTALLATION_SCHEMA,
  installationFolder,
  TFJS_NODE_VERSION,
} from './node/installation.js'
export { CORE_SYMBOL } from './node/load-native.js'
export { node, type NodeOptions } from './node/node.js'
