#!/usr/bin/env node
import { mnist } from './mnist.js'
import { runProgram } from '@mnist-lab/terminal'

await runProgram((terminal) => mnist(process.argv.slice(2), terminal))
