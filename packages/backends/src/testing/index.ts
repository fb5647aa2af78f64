export { testBackend, type ContractOptions } from './contract.js'
export { testTorchParity, type TorchParityOptions, type TorchReference } from './torch-parity.js'
