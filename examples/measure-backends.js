// Measures two backends from code: how long a training step of LeNet-5 takes, and whether both compute the same.
//
// A speed means nothing where the numbers are wrong. So the table has a column "parity": the largest difference between
// the losses of a backend and those of the baseline, when both take the same 20 steps from the same weights. Float32
// rounding differs between engines, so it is not zero, but it should be below 0.0001.
//
// The backends take turns, so that whatever else the machine does disturbs both. Everything runs in one process; `pnpm
// bench` starts a fresh process for each repetition, which figures for publication need.
//
//   npx -y pnpm@12 build && node examples/measure-backends.js
import { fused } from '@mnist-lab/backends/fused'
import { wasm } from '@mnist-lab/backends/wasm'
import { batches, epochOrder } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { bootstrapRatio, timingStatistics } from '@mnist-lab/metrics'
import { initialWeights, lenet5 } from '@mnist-lab/models'

const PARITY_STEPS = 20
const PARITY_TOLERANCE = 1e-4
const TURNS = 5
const STEPS_PER_TURN = 20

const spec = lenet5()
/** @type {import('@mnist-lab/backends').TrainingPlan} */
const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
}
const { train } = await loadMnist({ limit: 32 * PARITY_STEPS })
const samples = [...batches(train, epochOrder(train.count, plan.seed, 1), plan.batchSize)]

/** @param {import('@mnist-lab/backends').Backend} backend */
async function prepare(backend) {
  const probe = await backend.probe()
  if (!probe.ok) throw new Error(`${backend.name}: ${probe.reason}; ${probe.hint}`)
  const session = await backend.open()
  const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
  const trainer = await session.compile(spec, plan, weights)
  // The steps that parity is measured on also warm the engine up; they are not timed.
  const losses = []
  for (const batch of samples) losses.push((await trainer.step(batch)).loss)
  /** @type {number[][]} Milliseconds of each step, turn by turn. */
  const turns = []
  return { name: backend.name, session, trainer, losses, turns }
}

const baseline = await prepare(wasm())
const rows = [baseline, await prepare(fused())]
for (let turn = 0; turn < TURNS; turn++) {
  for (const { trainer, turns } of rows) {
    const times = []
    for (let i = 0; i < STEPS_PER_TURN; i++) {
      const begin = performance.now()
      await trainer.step(samples[i % samples.length])
      times.push(performance.now() - begin)
    }
    turns.push(times)
  }
}

const table = rows.map(({ name, losses, turns }) => {
  const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - baseline.losses[i])))
  // How many times as fast as the baseline: its median step over this backend's, with a 95% bootstrap interval.
  const { ratio, low, high } = bootstrapRatio(baseline.turns, turns, { random: Math.random })
  return {
    backend: name,
    'median ms a step': timingStatistics(turns.flat()).medianMs.toFixed(2),
    [`times as fast as ${baseline.name} [95%]`]: `${ratio.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`,
    parity: `${difference.toExponential(1)} ${difference <= PARITY_TOLERANCE ? 'ok' : 'FAILED'}`,
  }
})
console.table(table)
for (const { session } of rows) await session.close()
