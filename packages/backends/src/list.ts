// What there is to choose from, for programs that have not chosen yet. It loads no backend.
export { MAX_THREADS } from './interface.js'
export { type BackendEntry, type BackendRuntime, BACKENDS, listedNames } from './registry.js'
