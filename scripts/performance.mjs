// Where the fused engine's step goes and what bounds it: node scripts/performance.mjs [model] [batch] [steps], after pnpm build.
// For each kernel: milliseconds a step, what that is in GFLOP/s if every product is counted as a plain sum has it, and that in parts of
// what this machine reaches with products and sums in registers (the kernel `peak`), on one thread.
import { createRequire } from 'node:module'

const [model = 'lenet5', batch = '32', steps = '300'] = process.argv.slice(2)
const load = async (folder, name) =>
  import(createRequire(new URL(`../${folder}/package.json`, import.meta.url)).resolve(name))
const {
  bestBuild,
  COMMAND_NAMES,
  COMMAND_WORDS,
  compileKernels,
  FIRST_ADDRESS,
  HEADER,
  instantiateKernels,
} = await load('packages/backends', '@mnist-lab/kernels')
const { fused } = await load('packages/cli', '@mnist-lab/backends/node')
const { initialWeights, modelByName } = await load('packages/cli', '@mnist-lab/models')
const { batchAt } = await load('packages/cli', '@mnist-lab/data')
const { loadMnist } = await load('packages/cli', '@mnist-lab/data/node')

/** Multiplications and additions of a plain sum, for one block of samples or one update; see `src/program.ts` of the kernels. */
const operations = {
  convForward: (w, { block }) => 2 * block * w[11] * w[12] * w[13] * w[14] * w[15] * w[16],
  convBackwardData: (w, { block }) => 2 * block * w[6] * w[9] * w[10] * w[11] * w[12] * w[13],
  convUpdate: (w, { samples }) =>
    2 * samples * w[8] * w[10] * w[11] * w[12] * w[13] * (w[17] - w[16]),
  denseUpdate: (w, { samples }) => 2 * samples * w[7] * (w[9] - w[8]),
  winogradForward: (w, { block }) => 2 * block * 25 * w[11] * w[12] * w[13] * w[14],
  // The filter's gradient, and the input's if there is one.
  winogradBackward: (w, { block }) =>
    2 * block * 25 * w[13] * w[16] * w[17] * w[18] * (w[8] === 0 ? 1 : 2),
  sparseForward: (w, { block }) => 2 * block * w[12] * w[13],
  sparseUpdate: (w, { samples }) => 2 * samples * w[9] * (w[11] - w[10]),
}
const BOUND_BY = {
  convForward: 'products',
  convBackwardData: 'products',
  convUpdate: 'products',
  denseUpdate: 'products, then reading and writing weights',
  winogradInput: 'sums of the transform',
  winogradForward: 'products and the transform’s sums',
  winogradBackward: 'products and the transform’s sums',
  winogradUpdate: 'sums over blocks',
  sparseForward: 'guessing where the background ends',
  sparseUpdate: 'reading and writing weights',
  tanhInPlace: 'a polynomial of 22 operations and a division',
  tanhAvgPoolForward: 'a polynomial of 22 operations and a division',
  dropoutMask: 'ten rounds of Philox',
  loadImages: 'a look-up a pixel',
}

/** Milliseconds of every kernel in the step under way. */
let now = new Map()
const flops = new Map()
function timedRun(memory, { execute, block }) {
  return (header) => {
    const words = new Int32Array(memory.buffer)
    const word = (name) => words[header / 4 + HEADER[name]]
    const one = (at, index) => {
      const name = COMMAND_NAMES[words[at / 4]]
      const begin = performance.now()
      execute(header, at, index)
      now.set(name, (now.get(name) ?? 0) + performance.now() - begin)
      flops.set(
        name,
        (flops.get(name) ?? 0) +
          (operations[name]?.(words.subarray(at / 4, at / 4 + COMMAND_WORDS), {
            block,
            samples: word('blocks') * block,
          }) ?? 0),
      )
    }
    for (let index = 0; index < word('blocks'); index++)
      for (let i = 0; i < word('commandCount'); i++)
        one(word('commands') + i * COMMAND_WORDS * 4, index)
    for (let i = 0; i < word('updateCount'); i++) one(word('updates') + i * COMMAND_WORDS * 4, 0)
  }
}
/** @param timed whether every kernel is timed by itself, which costs a microsecond each */
async function measure(timed) {
  const { instantiate } = WebAssembly
  if (timed) {
    WebAssembly.instantiate = async (source, imports) => {
      const { exports } = await instantiate(source, imports)
      return {
        exports: {
          ...exports,
          run: timedRun(imports.env.memory, {
            execute: exports.execute,
            block: exports.BLOCK.value,
          }),
        },
      }
    }
  }
  const session = await fused().open()
  const spec = modelByName(model).create()
  const trainer = await session.compile(
    spec,
    {
      loss: 'softmaxCrossEntropy',
      batchSize: Number(batch),
      seed: 1,
      optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: modelByName(model).weightDecay },
    },
    initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
  )
  const [whole, kernels] = [[], []]
  for (let step = 0; step < Number(steps); step++) {
    const samples = batchAt(
      train,
      Uint32Array.from(
        { length: Number(batch) },
        (_, i) => (step * Number(batch) + i) % train.count,
      ),
    )
    now = new Map()
    const begin = performance.now()
    await trainer.step(samples)
    whole.push(performance.now() - begin)
    kernels.push(now)
  }
  await session.close()
  WebAssembly.instantiate = instantiate
  return { whole, kernels, build: session.info.simd }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** GFLOP/s of products and sums in registers: the best of many short runs. */
async function peak() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const kernels = await instantiateKernels(memory, await compileKernels(bestBuild()))
  new Float32Array(memory.buffer, FIRST_ADDRESS, 8).fill(0.5)
  let best = Infinity
  for (let i = 0; i < 300; i++) {
    const begin = performance.now()
    kernels.peak(FIRST_ADDRESS, 20_000)
    best = Math.min(best, performance.now() - begin)
  }
  // 12 vectors of half a block's samples, a product and a sum each.
  return (20_000 * 12 * 2 * (kernels.block / 2)) / best / 1e6
}

const { train } = await loadMnist()
const most = await peak()
const { whole, build } = await measure(false)
const { kernels } = await measure(true)
const names = [...flops.keys()]
const rows = names
  .map((name) => ({
    name,
    ms: median(kernels.map((times) => times.get(name) ?? 0)),
    work: flops.get(name) / Number(steps),
  }))
  .sort((a, b) => b.ms - a.ms)
const total = rows.reduce((sum, { ms }) => sum + ms, 0)
const work = rows.reduce((sum, row) => sum + row.work, 0)
console.log(
  `fused (${build}), ${model}, batch ${batch}, ${steps} steps, one thread: median step ${median(whole).toFixed(3)} ms, ${(work / 1e6).toFixed(1)} MFLOP as plain sums, ` +
    `${(work / median(whole) / 1e6).toFixed(1)} GFLOP/s; in registers this machine reaches ${most.toFixed(1)}\n`,
)
console.log(
  '| kernel | ms | share | GFLOP/s | of the peak | bound by |\n| --- | ---: | ---: | ---: | ---: | --- |',
)
for (const { name, ms, work } of rows) {
  if (ms / total < 0.003) continue
  const rate = work / ms / 1e6
  console.log(
    `| ${name} | ${ms.toFixed(3)} | ${((100 * ms) / total).toFixed(1)}% | ${work > 0 ? rate.toFixed(1) : ''} | ${work > 0 ? (rate / most).toFixed(2) : ''} | ${BOUND_BY[name] ?? 'memory'} |`,
  )
}
