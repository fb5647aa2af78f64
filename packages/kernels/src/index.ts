export { bestBuild, type Build, BUILDS, compileKernels, kernelBytes } from './builds.js'
export {
  FIRST_ADDRESS,
  instantiateKernels,
  type Kernel,
  KERNEL_NAMES,
  type KernelName,
  type Kernels,
} from './kernels.js'
export {
  type Command,
  command,
  COMMAND_NAMES,
  COMMAND_WORDS,
  type CommandName,
  floatWord,
  HEADER,
  HEADER_WORDS,
  MOST_PIECES,
} from './program.js'
