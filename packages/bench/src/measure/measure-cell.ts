import type { MemoryUse, Trainer } from '@mnist-lab/backends'
import { batches, type Dataset, fileOrder, imagesBetween, type SampleBatch } from '@mnist-lab/data'
import {
  EVALUATE,
  MIN_CPU_MS,
  PARITY_STEPS,
  PREDICT,
  stepRepeat,
  WARMUP,
} from '../protocol/protocol.js'
import type {
  CellReport,
  CellRequest,
  CellTimings,
  Leak,
  ProcessMemory,
  StepTimings,
} from './cell-report.js'
import { burstTimes } from './bursts.js'
import { repeated, timed, Yardstick } from './clock.js'
import {
  type CellTools,
  fullBatches,
  type ProcessTools,
  type OpenedCell,
  withOpenedCell,
} from './opened-cell.js'
import { forwardTrace, parityTrace, plainTrace } from './traces.js'

/**
 * Measures one repetition of one cell, from opening the backend to the last figure. The samples of
 * a step are chosen before the clock starts. The clock stops when the step's promise resolves,
 * which is after the weights were updated.
 */
export function measureCell(request: CellRequest, tools: CellTools): Promise<CellReport> {
  return withOpenedCell(request, tools, (opened) => measureOpened(request, tools, opened))
}

async function measureOpened(
  request: CellRequest,
  tools: CellTools,
  opened: OpenedCell,
): Promise<CellReport> {
  const { session, spec, plan, weights, train, test } = opened
  const compile = await timed(tools, () => session.compile(spec, plan, weights))
  const trainer = compile.value
  const source = fullBatches(train, request)
  const nextBatch = () => source.next().value
  const firstBatch = nextBatch()
  const warmEnd = tools.now() + WARMUP.seconds * 1000
  const first = await timed(tools, () => trainer.step(firstBatch))
  const firstStepAt = tools.epochMs?.()
  const steps = await parityTrace(opened, trainer, first.value.loss, nextBatch)
  const report = async () => {
    const trace = { ...steps, forward: await forwardTrace(opened) }
    const plain = request.plain ? { plain: await plainTrace(opened, request, trace) } : {}
    return { status: 'ok', info: session.info, trace, ...plain } as const
  }
  if (request.purpose === 'reference') return report()
  const left = {
    min: WARMUP.minSteps - PARITY_STEPS,
    max: WARMUP.maxSteps - PARITY_STEPS,
    seconds: (warmEnd - tools.now()) / 1000,
  }
  await repeated(tools, left, nextBatch, (batch) => trainer.step(batch))
  const timings: CellTimings = {
    ...(await measureSteps(request, tools, opened, trainer, nextBatch)),
    load: opened.loadMs,
    open: opened.openMs,
    compile: compile.ms,
    firstStep: first.ms,
    ...(request.purpose === 'overhead'
      ? {}
      : {
          evaluate: await measureEvaluate(trainer, tools, test, request.batchSize),
          predictOne: await measurePredictOne(trainer, tools, test),
        }),
    memory: await memoryOf(session.memory(), tools.process),
    trainSamples: train.count,
    testSamples: test.count,
  }
  return {
    ...(await report()),
    timings,
    ...(firstStepAt === undefined ? {} : { firstStepAt }),
  }
}

/**
 * Times the steps after the warm-up. Garbage is collected before them, and again after them for the
 * leak check.
 */
async function measureSteps(
  request: CellRequest,
  tools: CellTools,
  { session }: OpenedCell,
  trainer: Trainer,
  nextBatch: () => SampleBatch,
): Promise<StepTimings> {
  const { process } = tools
  const yardstick = new Yardstick(tools)
  yardstick.measure()
  await process.collectGarbage?.()
  const before = memoryUse(session.memory(), process)
  const endWatch = process.watchCollections?.()
  const [processorBefore, begin] = [processorTimes(process), tools.now()]
  session.disturbed?.()
  const bursts = tools.bursts?.(trainer)
  const repeat = stepRepeat(request.budget)
  const timedSteps =
    bursts === undefined
      ? {
          samples: await repeated(
            tools,
            repeat,
            nextBatch,
            (batch) => trainer.step(batch),
            () => session.disturbed?.() !== true,
          ),
        }
      : await burstTimes(tools, repeat, nextBatch, bursts.steps, bursts.nothing)
  const steps = timedSteps.samples
  const [processorAfter, ms] = [processorTimes(process), tools.now() - begin]
  const collections = await endWatch?.()
  yardstick.measure()
  await process.collectGarbage?.()
  const after = memoryUse(session.memory(), process)
  return {
    steps,
    ...('atOnce' in timedSteps ? { stepsAtOnce: timedSteps.atOnce } : {}),
    yardstickMs: yardstick.medianMs,
    ...(collections === undefined ? {} : { collections }),
    // The system counts processor time in ticks of several milliseconds.
    ...(ms >= MIN_CPU_MS && processorBefore !== undefined && processorAfter !== undefined
      ? processorShares(processorBefore, processorAfter, ms)
      : {}),
    ...(process.collectGarbage === undefined ? {} : { leak: growth(before, after, steps.length) }),
  }
}

interface ProcessorTimes {
  readonly cpuMs: number
  readonly machineMs: number
}

function processorTimes({ cpuMs, machineMs }: ProcessTools): ProcessorTimes | undefined {
  return cpuMs === undefined || machineMs === undefined
    ? undefined
    : { machineMs: machineMs(), cpuMs: cpuMs() }
}

function processorShares(
  before: ProcessorTimes,
  after: ProcessorTimes,
  ms: number,
): Pick<StepTimings, 'cpuShare' | 'othersCores'> {
  const [cpuMs, machineMs] = [after.cpuMs - before.cpuMs, after.machineMs - before.machineMs]
  return { cpuShare: cpuMs / ms, othersCores: Math.max(0, machineMs - cpuMs) / ms }
}

interface Use {
  readonly tensors: number
  readonly tensorBytes: number
  readonly engineBytes: number
  readonly jsBytes: number
}

function memoryUse(
  { tensors, tensorBytes, reservedBytes = 0 }: MemoryUse,
  process: ProcessTools,
): Use {
  const { heap, external } = process.jsBytes?.() ?? { heap: 0, external: 0 }
  return { tensors, tensorBytes, engineBytes: reservedBytes, jsBytes: heap + external }
}

function growth(before: Use, after: Use, steps: number): Leak {
  return {
    steps,
    tensors: after.tensors - before.tensors,
    tensorBytes: after.tensorBytes - before.tensorBytes,
    engineBytes: after.engineBytes - before.engineBytes,
    jsBytes: after.jsBytes - before.jsBytes,
  }
}

async function memoryOf(
  { tensors, tensorBytes, reservedBytes }: MemoryUse,
  process: ProcessTools,
): Promise<ProcessMemory> {
  await process.collectGarbage?.()
  const js = process.jsBytes?.()
  return {
    ...(process.peakRssBytes === undefined ? {} : { peakRssBytes: process.peakRssBytes() }),
    ...(js === undefined ? {} : { jsHeapBytes: js.heap, jsExternalBytes: js.external }),
    tensors,
    tensorBytes,
    ...(reservedBytes === undefined ? {} : { engineBytes: reservedBytes }),
  }
}

async function measureEvaluate(
  trainer: Trainer,
  tools: CellTools,
  test: Dataset,
  batchSize: number,
): Promise<NonNullable<CellTimings['evaluate']>> {
  const all = [...batches(test, fileOrder(test.count), batchSize)]
  await trainer.evaluate(all[0]!)
  const bursts = tools.bursts?.(trainer)
  if (bursts !== undefined) {
    // All of them have the same size, so that a burst may begin anywhere.
    const full = all.slice(0, Math.max(1, Math.floor(test.count / batchSize)))
    const nextBatch = cyclic(full)
    const { evaluations, nothing } = bursts
    const { samples } = await burstTimes(
      tools,
      { ...EVALUATE, max: full.length },
      nextBatch,
      evaluations,
      nothing,
    )
    return { images: samples.length * full[0]!.size, ms: sum(samples) }
  }
  let next = 0
  const repeat = { ...EVALUATE, max: all.length }
  const samples = await repeated(
    tools,
    repeat,
    () => all[next++]!,
    (batch) => trainer.evaluate(batch),
  )
  const images = all.slice(0, samples.length).reduce((sum, { size }) => sum + size, 0)
  return { images, ms: sum(samples) }
}

/** Returns a function that returns the items in turn, and begins again after the last. */
function cyclic<Item>(items: readonly Item[]): () => Item {
  let next = 0
  return () => items[next++ % items.length]!
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

async function measurePredictOne(
  trainer: Trainer,
  tools: CellTools,
  test: Dataset,
): Promise<number[]> {
  let next = 0
  const nextImage = () => {
    const at = next++ % test.count
    return imagesBetween(test, at, at + 1)
  }
  await trainer.predict(nextImage())
  const bursts = tools.bursts?.(trainer)
  if (bursts !== undefined) {
    const { predictions, nothing } = bursts
    return [...(await burstTimes(tools, PREDICT, nextImage, predictions, nothing)).samples]
  }
  return repeated(tools, PREDICT, nextImage, (image) => trainer.predict(image))
}
