// This entry lists what there is to choose from. It loads no backend.
export { MAX_THREADS } from './interface.js'
export { type BackendEntry, type BackendRuntime, BACKENDS, listedNames } from './registry.js'
