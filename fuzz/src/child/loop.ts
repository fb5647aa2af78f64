import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputRecord } from '../input-record.js'
import { type Fault, signatureOf } from '../judge.js'
import type { ChildMessage, ChildTask, Done, Progress } from '../messages.js'
import { inputMutation } from '../mutations/mutate-input.js'
import { Random } from '../random.js'
import { shrink } from '../shrink.js'
import type { Target } from '../target.js'
import { type Covering, inputsIn, inputsToKeep, writeInput } from './corpus.js'
import { limitsOf, Runner } from './runner.js'

/** The most faults of one target that are told; more have no new cause, most likely. */
const MAX_FAULTS = 40
/** The most runs to make the input of a fault shorter. */
const SHRINK_RUNS = 2000
/** Says how many milliseconds pass between two messages about the progress. */
const PROGRESS_MS = 500

/**
 * Fuzzes one target: makes inputs from the corpus, runs them, and adds those to the corpus that did
 * something new. The same task gives the same inputs.
 *
 * @param isStopped tells whether the user wants an end
 */
export async function fuzz(
  target: Target,
  task: ChildTask,
  send: (message: ChildMessage) => void,
  isStopped: () => boolean,
): Promise<void> {
  const record = new InputRecord(task.record)
  const runner = new Runner(target, limitsOf(target, task.seconds), record, task.branches)
  const random = new Random(task.seed, indexOf(task.target))
  const mutate = inputMutation(target)
  const signatures = new Set<string>()
  const deadly = new Set(task.deadly)
  const corpus: Uint8Array[] = []
  const isHarmless = (bytes: Uint8Array) => !deadly.has(Buffer.from(bytes).toString('base64'))
  const seeds = target.seeds().filter(isHarmless)
  const kept = inputsIn(task.corpus).filter(isHarmless)
  let input = task.first
  let shown = 0

  const figures = (): Omit<Progress, 'type'> => ({
    input,
    executions: runner.executions,
    kept: corpus.length,
    branches: runner.coverage.branches,
    features: runner.coverage.features,
  })

  async function tellFault(fault: Fault, bytes: Uint8Array): Promise<void> {
    const signature = signatureOf(fault)
    if (signatures.has(signature) || signatures.size >= MAX_FAULTS) return
    signatures.add(signature)
    const isSame = async (shorter: Uint8Array) => {
      const { fault } = await runner.run(shorter, input + 1)
      return fault !== undefined && signatureOf(fault) === signature
    }
    // Each run of a slow input takes seconds.
    const runs = fault.kind === 'hang' ? 5 : SHRINK_RUNS
    const shortest = await shrink(bytes, isSame, runs)
    send({ type: 'fault', fault, base64: Buffer.from(shortest).toString('base64') })
  }

  for (const bytes of [...seeds, ...kept, ...inputsIn(task.scratch)]) {
    corpus.push(bytes)
    const { fault } = await runner.run(bytes, input)
    if (fault !== undefined) await tellFault(fault, bytes)
  }
  while (!isStopped() && (input < task.inputs || Date.now() < task.until)) {
    random.begin(input)
    const parent = pickParent(corpus, random)
    const bytes = mutate(parent, random, () => random.pick(corpus))
    const { fault, fresh } = await runner.run(bytes, input + 1)
    if (fault !== undefined) await tellFault(fault, bytes)
    else if (fresh > 0) {
      corpus.push(bytes)
      writeFileSync(join(task.scratch, String(input).padStart(10, '0')), bytes)
    }
    input++
    if (performance.now() - shown < PROGRESS_MS) continue
    shown = performance.now()
    send({ type: 'progress', ...figures() })
    // Messages of the parent arrive now.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const ended: Done = { type: 'done', ...figures(), added: await keep() }
  record.close()
  send(ended)

  async function keep(): Promise<number> {
    const known = await coveringOf([...seeds, ...kept])
    const found = await coveringOf(corpus.slice(known.length))
    const covered = new Set(known.flatMap(({ branches }) => branches))
    const added = inputsToKeep(found, covered, kept)
    for (const bytes of added) writeInput(task.corpus, bytes)
    return added.length
  }

  async function coveringOf(inputs: readonly Uint8Array[]): Promise<Covering[]> {
    const covering: Covering[] = []
    for (const bytes of inputs) {
      await runner.run(bytes, input)
      covering.push({ bytes, branches: runner.coverage.branchesOfLast() })
    }
    return covering
  }
}

/**
 * Picks an input to mutate, in half of the cases one of the newest quarter. Of two it mostly takes
 * the shorter one, because short inputs run faster.
 */
function pickParent(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const newest = random.oneIn(2) ? Math.ceil(corpus.length / 4) : corpus.length
  const one = corpus[corpus.length - 1 - random.below(newest)]!
  const other = corpus[corpus.length - 1 - random.below(newest)]!
  return one.length > other.length && !random.oneIn(4) ? other : one
}

/** Returns a number for a target's name, so that targets draw different random numbers. */
function indexOf(name: string): number {
  let index = 0
  for (const character of name) index = (index * 31 + character.codePointAt(0)!) % 2 ** 24
  return index
}
