export { testBackend, type ContractOptions } from './contract.js'
export {
  type ParityTolerances,
  testTorchParity,
  TOLERANCES,
  type TorchParityOptions,
  type TorchReference,
} from './torch-parity.js'
