// This is the process of a backend as a peer. It reads lines of JSON and writes lines of JSON.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Session, Trainer } from '@mnist-lab/backends'
import { backendByName } from '@mnist-lab/backends/node'
import { batchAt, type Dataset, numberedClasses, type SampleBatch } from '@mnist-lab/data'
import { initialWeights, type ModelSpec } from '@mnist-lab/models'
import { repeated } from '../../measure/clock.js'
import type {
  StepsBudget,
  OpenRequest,
  PeerAnswer,
  PeerRequest,
  PrepareRequest,
} from './messages.js'

const clock = { now: () => performance.now() }

interface Model {
  readonly trainer: Trainer
  readonly nextBatch: () => SampleBatch
}

async function answers(engine: string): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const { threads } = JSON.parse((await lines.next()).value as string) as OpenRequest
  const backend = backendByName(engine, threads === undefined ? {} : { threads })
  const probe = await backend.probe()
  if (!probe.ok) throw new Error(`${probe.reason}; ${probe.hint}`)
  const session = await backend.open()
  const { versions, simd, device, notes, threads: running } = session.info
  const details = [device, simd, ...notes].join(', ')
  say({
    type: 'hello',
    info: { versions: { ...versions, node: process.version }, threads: running, details, simd },
  })
  let model: Model | undefined
  for await (const line of lines) {
    const request = JSON.parse(line) as PeerRequest
    if (request.type === 'prepare') {
      const parity = await modelOf(session, request, request.paritySpec)
      const losses: number[] = []
      while (losses.length < request.paritySteps)
        losses.push((await parity.trainer.step(parity.nextBatch())).loss)
      parity.trainer.dispose()
      model = await modelOf(session, request, request.spec)
      await timedSteps(model, request.warmup)
      say({ type: 'ready', losses })
    } else if (request.type === 'burst') {
      await timedSteps(model!, request.warmup)
      say({ type: 'burst', samplesMs: await timedSteps(model!, request.timed) })
    }
  }
  await session.close()
}

async function modelOf(session: Session, request: PrepareRequest, spec: ModelSpec): Promise<Model> {
  const { batchSize, seed, learningRate, momentum, weightDecay } = request
  const optimizer = { learningRate, momentum, weightDecay }
  const plan = { loss: 'softmaxCrossEntropy', batchSize, seed, optimizer } as const
  const trainer = await session.compile(
    spec,
    plan,
    initialWeights(spec, { seed, scheme: 'pytorch' }),
  )
  const data = await readData(request)
  let at = 0
  const nextBatch = () => {
    if (at + batchSize > data.count) at = 0
    at += batchSize
    return batchAt(
      data,
      Uint32Array.from({ length: batchSize }, (_, i) => at - batchSize + i),
    )
  }
  return { trainer, nextBatch }
}

async function readData({ images, labels, spec }: PrepareRequest): Promise<Dataset> {
  const labelBytes = new Uint8Array(await readFile(labels))
  return {
    name: 'peers',
    images: new Uint8Array(await readFile(images)),
    labels: labelBytes,
    count: labelBytes.length,
    shape: spec.inputShape,
    classNames: numberedClasses(10),
  }
}

function timedSteps(
  { trainer, nextBatch }: Model,
  { minSteps, maxSteps = Infinity, seconds }: StepsBudget,
): Promise<number[]> {
  return repeated(clock, { min: minSteps, max: maxSteps, seconds }, nextBatch, (batch) =>
    trainer.step(batch),
  )
}

function say(answer: PeerAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

// Ctrl-C reaches every process of the terminal. The parent decides when this one ends.
process.on('SIGINT', () => {})
const [engine = ''] = process.argv.slice(2)
try {
  await answers(engine)
} catch (error) {
  say({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
}
