// Where a training step's time goes, kernel by kernel: node scripts/profile.mjs [backend] [model] [steps]
// The clock around every kernel costs a microsecond or two; the step without it is in `pnpm bench`.
import { createRequire } from 'node:module'

const [backend = 'fused', model = 'lenet5', steps = '200'] = process.argv.slice(2)
const from = (folder) => createRequire(new URL(`../${folder}/package.json`, import.meta.url))
const load = async (folder, name) => import(from(folder).resolve(name))

const times = new Map()
function timed(name, work) {
  return (...args) => {
    const begin = performance.now()
    const result = work(...args)
    const { ms, calls } = times.get(name) ?? { ms: 0, calls: 0 }
    times.set(name, { ms: ms + performance.now() - begin, calls: calls + 1 })
    return result
  }
}

const { COMMAND_NAMES, COMMAND_WORDS, HEADER } = await load('packages/backends', '@mnist-lab/kernels')
/** The fused engine's pass, command by command, see packages/kernels/assembly/program.ts. */
function timedRun(memory, { execute }) {
  return (header) => {
    const words = new Int32Array(memory.buffer)
    const word = (name) => words[header / 4 + HEADER[name]]
    const walk = (list, count, block) => {
      for (let i = 0; i < count; i++) {
        const command = list + i * COMMAND_WORDS * 4
        timed(COMMAND_NAMES[words[command / 4]], execute)(header, command, block)
      }
    }
    for (let block = 0; block < word('blocks'); block++) walk(word('commands'), word('commandCount'), block)
    walk(word('updates'), word('updateCount'), 0)
  }
}
const { instantiate } = WebAssembly
WebAssembly.instantiate = async (source, imports) => {
  const instance = await instantiate(source, imports)
  if (backend !== 'fused' || instance.exports === undefined || process.env.WHOLE) return instance
  return { exports: { ...instance.exports, run: timedRun(imports.env.memory, instance.exports) } }
}

const { backendByName } = await load('packages/cli', '@mnist-lab/backends/node')
const { initialWeights, modelByName } = await load('packages/cli', '@mnist-lab/models')
const { batchAt } = await load('packages/cli', '@mnist-lab/data')
const { mnist } = await load('packages/cli', '@mnist-lab/data/node')
const session = await backendByName(backend).open()
if (backend !== 'fused') {
  // TensorFlow.js's kernels are in a registry.
  const tf = await load('packages/backends', '@tensorflow/tfjs-core')
  for (const kernel of tf.getKernelsForBackend(tf.getBackend())) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName)
    tf.registerKernel({ ...kernel, kernelFunc: timed(kernel.kernelName, kernel.kernelFunc) })
  }
}
const spec = modelByName(model).create()
const trainer = await session.compile(spec, {
  loss: 'softmaxCrossEntropy', batchSize: 32, seed: 1, optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: modelByName(model).weightDecay },
}, initialWeights(spec, { seed: 1, scheme: 'pytorch' }))
const { train } = await mnist()
const samples = []
for (let step = 0; step < Number(steps); step++) {
  const batch = batchAt(train, Uint32Array.from({ length: 32 }, (_, i) => (step * 32 + i) % train.count))
  const begin = performance.now()
  await trainer.step(batch)
  samples.push(performance.now() - begin)
}
await session.close()
console.log(`${backend}, ${model}, batch 32, ${steps} steps: median ${samples.sort((a, b) => a - b)[samples.length >> 1].toFixed(2)} ms\n`)
console.log('ms a step  calls a step  kernel')
for (const [name, { ms, calls }] of [...times].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 20)) {
  console.log(`${(ms / steps).toFixed(3).padStart(9)}  ${(calls / steps).toFixed(1).padStart(12)}  ${name}`)
}
