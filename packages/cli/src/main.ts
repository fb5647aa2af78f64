#!/usr/bin/env node
import { mnist } from './mnist.js'
import { runProgram } from './terminal/run-program.js'

await runProgram((terminal) => mnist(process.argv.slice(2), terminal))
