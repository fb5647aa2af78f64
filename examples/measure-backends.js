// Measures two backends from code: how long a training step of LeNet-5 takes on each, and whether
// they compute the same.
//
// A speed means nothing if the results are wrong. Every backend is therefore checked for parity: it
// trains the same first steps as TensorFlow.js's own cpu backend, from the same weights, and the
// largest differences of the losses and of the weights are reported. Float32 rounding differs
// between engines, so the differences are not zero, but small.
//
// measureBench() starts a fresh process for each repetition, in shuffled order, and throws the
// warm-up away. Two repetitions of 20 steps keep this example short. Leave both out of the plan for
// figures that you want to rely on.
//
//   npx -y pnpm@12 build && node examples/measure-backends.js
import { DEFAULT_PLAN } from '@mnist-lab/bench'
import { measureBench } from '@mnist-lab/bench/node'

const result = await measureBench({
  ...DEFAULT_PLAN,
  engines: ['wasm', 'fused'],
  models: ['lenet5'],
  repetitions: 2,
  budget: { steps: 20 },
})

// The result is plain JSON, with every sample. benchTable(result) would print all of it; this is
// the gist.
const rows = result.cells.map((cell) => {
  if (cell.status !== 'ok') return { backend: cell.backend, status: cell.status }
  const { backend, step, versusBaseline, parity } = cell
  return {
    backend,
    'median ms a step': step.medianMs.toFixed(2),
    // The ratio of the medians to the first backend's, with a 95% bootstrap interval.
    'times as fast as wasm': versusBaseline
      ? `${versusBaseline.ratio.toFixed(1)} [${versusBaseline.low.toFixed(1)}, ${versusBaseline.high.toFixed(1)}]`
      : '1',
    parity: parity?.ok ? 'ok' : 'FAILED',
    'largest difference of a loss': parity?.maxLossDelta.toExponential(1),
  }
})
console.table(rows)
