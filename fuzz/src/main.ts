import { runProgram } from '@mnist-lab/terminal'
import { runFuzz } from './fuzz-command.js'

await runProgram((terminal) => runFuzz(process.argv.slice(2), terminal))
