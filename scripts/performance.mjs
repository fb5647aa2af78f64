// Prints the time of every kernel in a step of the fused engine, and what limits its speed. Usage,
// after pnpm build:
//
//   node scripts/performance.mjs [model] [batch] [steps] [build]
//
// The row of a kernel has its milliseconds in a step, its speed in GFLOP/s with operations counted
// as in a direct sum, and that speed as a share of the peak. The peak is the speed of products and
// sums in registers (the kernel `peak`) on one thread of this machine.
import { createRequire } from 'node:module'
import { OPERATIONS } from '../packages/kernels/assembly/operations.mjs'

const [model = 'lenet5', batch = '32', steps = '300', wantedBuild] = process.argv.slice(2)
const load = async (folder, name) =>
  import(createRequire(new URL(`../${folder}/package.json`, import.meta.url)).resolve(name))
const { bestBuild, compileKernels, FIRST_ADDRESS, instantiateKernels } = await load(
  'packages/backends',
  '@mnist-lab/kernels',
)
const { Profiler } = await load('packages/cli', '@mnist-lab/backends')
const { fused } = await load('packages/cli', '@mnist-lab/backends/node')
const { initialWeights, modelByName } = await load('packages/cli', '@mnist-lab/models')
const { batchAt } = await load('packages/cli', '@mnist-lab/data')
const { loadMnist } = await load('packages/cli', '@mnist-lab/data/node')

const build = wantedBuild ?? bestBuild()
const warmUp = 50
const { train } = await loadMnist()

/** Trains for some steps, and returns the milliseconds of each after the warm-up. */
async function trainedSteps(profiler) {
  const session = await fused({ build, ...(profiler && { profiler }) }).open()
  const { create, weightDecay } = modelByName(model)
  const spec = create()
  const trainer = await session.compile(
    spec,
    {
      loss: 'softmaxCrossEntropy',
      batchSize: Number(batch),
      seed: 1,
      optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay },
    },
    initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
  )
  const times = []
  for (let step = 0; step < warmUp + Number(steps); step++) {
    const first = step * Number(batch)
    const samples = batchAt(
      train,
      Uint32Array.from({ length: Number(batch) }, (_, i) => (first + i) % train.count),
    )
    // The engine compiles its hot loops in the first steps.
    if (step >= warmUp) profiler?.begin()
    const begin = performance.now()
    await trainer.step(samples)
    if (step >= warmUp) times.push(performance.now() - begin)
    profiler?.end()
  }
  await session.close()
  return times
}

/** Returns the GFLOP/s of products and sums in registers, the best of many short runs. */
async function peak() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const kernels = await instantiateKernels(memory, await compileKernels(build))
  const turns = 20_000
  let best = Infinity
  for (let i = 0; i < 300; i++) {
    new Float32Array(memory.buffer, FIRST_ADDRESS, 8).fill(0.5)
    const begin = performance.now()
    kernels.peak(FIRST_ADDRESS, turns)
    best = Math.min(best, performance.now() - begin)
  }
  // The kernel computes a product and a sum for each of 12 vectors, which hold half a block's
  // samples.
  return (turns * 12 * 2 * (kernels.block / 2)) / best / 1e6
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const most = await peak()
const whole = median(await trainedSteps())
const profiler = new Profiler()
await trainedSteps(profiler)
/** Returns the milliseconds and GFLOP of each kernel in a step, in all phases together. */
const rows = new Map()
for (const { name, ms, multiplyAdds = 0 } of profiler.profile().kernels) {
  const row = rows.get(name) ?? { ms: 0, gflop: 0 }
  rows.set(name, {
    ms: row.ms + ms / Number(steps),
    gflop: row.gflop + (2 * multiplyAdds) / Number(steps) / 1e9,
  })
}
const total = [...rows.values()].reduce((sum, { ms }) => sum + ms, 0)
const work = [...rows.values()].reduce((sum, { gflop }) => sum + gflop, 0)
console.log(
  `fused (${build}), ${model}, batch ${batch}, ${steps} steps, one thread: median step ` +
    `${whole.toFixed(3)} ms, ${(work * 1e3).toFixed(1)} MFLOP as direct sums, ` +
    `${((work / whole) * 1e3).toFixed(1)} GFLOP/s; ` +
    `in registers this machine reaches ${most.toFixed(1)} GFLOP/s\n`,
)
console.log('| kernel | ms | share | GFLOP/s | of the peak | bound by |')
console.log('| --- | ---: | ---: | ---: | ---: | --- |')
const boundBy = new Map(OPERATIONS.map((operation) => [operation.name, operation.boundBy]))
for (const [name, { ms, gflop }] of [...rows].sort(([, a], [, b]) => b.ms - a.ms)) {
  if (ms / total < 0.003) continue
  const rate = (gflop / ms) * 1e3
  const cells = [
    name,
    ms.toFixed(3),
    `${((100 * ms) / total).toFixed(1)}%`,
    gflop > 0 ? rate.toFixed(1) : '',
    gflop > 0 ? (rate / most).toFixed(2) : '',
    boundBy.get(name),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
