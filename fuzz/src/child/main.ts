// The process that runs the inputs of one target. It is a bundle of instrumented code, see
// instrumented-bundle.ts, and is watched by supervisor.ts.
import { readFileSync } from 'node:fs'
import { InputRecord } from '../input-record.js'
import { type ChildMessage, type ChildTask, FUZZER_BUG } from '../messages.js'
import type { Target } from '../target.js'
import { fuzz } from './loop.js'
import { limitsOf, Runner } from './runner.js'

const TARGETS = import.meta.glob<{ readonly target: Target }>('../targets/*.ts')

let isStopped = false
// Ctrl-C reaches the whole process group. The parent then asks for an end.
process.on('SIGINT', () => {})
process.on('message', (message) => {
  if (message === 'stop') isStopped = true
})

const task = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ChildTask
const send = (message: ChildMessage) => void process.send!(message)
const { target } = await TARGETS[`../targets/${task.target}.ts`]!()
try {
  if (task.replay === undefined) await fuzz(target, task, send, () => isStopped)
  else await replay(task.replay)
} catch (error) {
  // Errors of the target were caught before, so this one is a bug of the fuzzer.
  console.error(error)
  process.exitCode = FUZZER_BUG
}
process.disconnect()

async function replay(file: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(file))
  const record = new InputRecord(task.record)
  const limits = limitsOf(target, task.seconds)
  const { fault } = await new Runner(target, limits, record, task.branches).run(bytes)
  record.close()
  const base64 = Buffer.from(bytes).toString('base64')
  send(fault === undefined ? { type: 'fine' } : { type: 'fault', fault, base64 })
}
