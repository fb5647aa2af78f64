#!/usr/bin/env node
import { runProgram } from '@mnist-lab/terminal'
import { runMnist } from './run-mnist.js'

await runProgram((terminal) => runMnist(process.argv.slice(2), terminal))
