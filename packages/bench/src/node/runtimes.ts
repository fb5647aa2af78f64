// This entry tells which runtimes there are, where their programs are, and what they are installed
// from. It loads no browser's driver and measures nothing.
export { runtimeVersion } from './runtimes/find-runtime.js'
export {
  ARM64_LIBRARIES,
  INSTALLABLE_NAMES,
  installedProgram,
  type NpmPackage,
  partsOf,
  QEMU_PROGRAMS,
  runtimeFolder,
  type RuntimeParts,
} from './runtimes/packages.js'
export { RUNTIMES } from './runtimes/table.js'
