export { InputError, isInputError, type InputErrorDetails } from './input-error.js'
