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
import { urls } from './lab.ts'
import { DATA_CACHE } from './messages.ts'
import { settings } from './state.ts'

export interface BenchChoice {
  readonly backends: readonly string[]
  readonly repetitions: number
  /** Says how long each repetition measures. */
  readonly seconds: number
}

/**
 * Compares backends in this tab by the protocol of `pnpm bench`: each repetition runs in a fresh
 * worker, the backends take turns, and each is checked for parity with the reference backend.
 */
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
          dataUrl: urls.data,
          dataSuffix: '.gz',
          wasmUrl: urls.wasm,
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
    // A page is not told the load of the machine.
    loadAverageBefore: [0, 0, 0],
    loadAverageAfter: [0, 0, 0],
    busyBefore: 0,
    busyAfter: 0,
    timer: calibrateTimer({ now: () => performance.now() }),
  }
}
