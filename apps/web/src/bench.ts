import type { BenchEnvironment, BenchResult } from '@mnist-lab/bench'
import {
  type BenchPlan,
  type BenchProgress,
  benchResult,
  calibrateTimer,
  DEFAULT_PLAN,
  MAX_STEPS,
  MIN_STEPS,
  runBench,
  runCellInWorker,
  schedule,
} from '@mnist-lab/bench/page'
import { places, settings } from './lab.ts'
import { DATA_CACHE } from './worker/load-mnist.ts'

export interface BenchChoice {
  readonly backends: readonly string[]
  readonly repetitions: number
  readonly seconds: number
}

/** The protocol of `pnpm bench` in this tab: a fresh worker a repetition, backends interleaved, parity beside speed. */
export async function benchHere(
  { backends, repetitions, seconds }: BenchChoice,
  signal: AbortSignal,
  onProgress: (progress: BenchProgress) => void,
): Promise<BenchResult> {
  const { model, batchSize, seed, threads } = settings.value
  const plan: BenchPlan = {
    ...DEFAULT_PLAN,
    engines: backends,
    named: backends,
    models: [model],
    batchSizes: [batchSize],
    threads: [threads],
    repetitions,
    seed,
    budget: { seconds, minSteps: MIN_STEPS, maxSteps: MAX_STEPS },
  }
  const worker = () =>
    new Worker(new URL('./worker/bench-worker.ts', import.meta.url), { type: 'module' })
  const finished = await runBench(schedule(plan), {
    signal,
    onProgress,
    runCell: (request, aborted) =>
      runCellInWorker(
        worker,
        {
          request,
          dataUrl: places.dataUrl,
          dataSuffix: '.gz',
          wasmUrl: places.wasmUrl,
          ...('caches' in globalThis ? { dataCache: DATA_CACHE } : {}),
        },
        aborted,
      ),
  })
  return benchResult(plan, finished, environment())
}

function environment(): BenchEnvironment {
  const { userAgent, platform, hardwareConcurrency } = navigator
  return {
    os: platform,
    arch: '',
    cpu: `a browser (${userAgent})`,
    cores: hardwareConcurrency,
    availableCores: hardwareConcurrency,
    packages: {},
    date: new Date().toISOString(),
    // A page is not told what else the machine does.
    loadAverageBefore: [0, 0, 0],
    loadAverageAfter: [0, 0, 0],
    busyBefore: 0,
    busyAfter: 0,
    timer: calibrateTimer({ now: () => performance.now() }),
  }
}
