export {
  bestBuild,
  type Build,
  buildOf,
  BUILDS,
  compileKernels,
  kernelBytes,
  supportsBuild,
} from './builds.js'
export {
  BLOCK_SAMPLES,
  COMMAND_WORDS,
  HEADER,
  HEADER_WORDS,
  MOST_CHUNKS,
  OPERATION_NAMES,
  type Operand,
  type OperandScope,
  type OperationFields,
  type OperationName,
} from './generated/operations.js'
export {
  type InstantiateInJavaScript,
  loadJavaScriptKernels,
  MAX_JAVASCRIPT_BYTES,
} from './javascript.js'
export {
  FIRST_ADDRESS,
  instantiateKernels,
  type Kernel,
  KERNEL_NAMES,
  type KernelName,
  type Kernels,
} from './kernels.js'
export { type Command, command, multiplyAdds, NO_OPERAND, operationOf } from './program.js'
export { VERSION } from './generated/version.js'
