export {
  addCompletion,
  createCommand,
  packageVersion,
  typedArguments,
  usageError,
} from './command.js'
export {
  type NumberRange,
  UsageError,
  decimal,
  path,
  paths,
  readBytes,
  wholeNumber,
} from './input.js'
export {
  INTERRUPTED,
  type Terminal,
  pathOf,
  programName,
  runProgram,
  terminalWidth,
} from './program.js'
export type { Output } from './process-streams.js'
export { type StatusLine, duration, statusLine } from './status-line.js'
