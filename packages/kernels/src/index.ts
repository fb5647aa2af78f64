export { compileKernels, instantiateKernels, type Kernel, KERNEL_NAMES, type KernelName, type Kernels } from './kernels.js'
