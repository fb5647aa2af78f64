// Training needs ECMAScript of 2022 and WebAssembly, and nothing that a browser or Node.js adds.
// These tests train in a context that has only these, and compare with the same run in Node.js.
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'vite'
import { beforeAll, expect, test } from 'vitest'

/** A program that trains two epochs on given data, and returns its losses and its weights. */
const PROGRAM = `
import { fused } from '@mnist-lab/backends/fused'
import { datasetFromIdx } from '@mnist-lab/data'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { cosine, fit } from '@mnist-lab/train'

export async function train(build) {
  const count = 70
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => ((i * 7919) % 1021) >> 2)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)
  const data = datasetFromIdx('made', { type: 'uint8', shape: [count, 28, 28], data: images }, { type: 'uint8', shape: [count], data: labels })
  const spec = lenet5()
  const plan = { loss: 'softmaxCrossEntropy', batchSize: 32, seed: 1, optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 0 } }
  const session = await fused(build === undefined ? {} : { build }).open()
  const trainer = await session.compile(spec, plan, initialWeights(spec, { seed: 1, scheme: 'pytorch' }))
  const run = fit({ trainer, spec, plan, train: data, validation: data, epochs: 2, schedule: cosine({ epochs: 3 }), now: () => 0 })
  const figures = []
  for await (const event of run) if (event.type === 'epoch') figures.push(event.figures)
  const { weights } = await trainer.save()
  await session.close()
  return JSON.stringify({ build: session.info.simd, figures, weights: weights.map(({ data }) => Array.from(data)) })
}
`

/** The program and everything that it imports, as one script that sets the variable `program`. */
let script: string
beforeAll(async () => {
  const id = fileURLToPath(new URL('bare-engine-program.js', import.meta.url))
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'program',
        enforce: 'pre',
        resolveId: (name) => (name === id ? id : undefined),
        load: (name) => (name === id ? PROGRAM : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: id, formats: ['iife'], name: 'program' },
    },
  })
  const [bundle] = Array.isArray(result) ? result : [result]
  if (bundle === undefined || !('output' in bundle)) throw new Error('the bundler gave no output')
  script = bundle.output[0].code
}, 120_000)

/** What an engine with the JavaScript of 2022 does not have. */
const LATER = `
for (const name of ['toReversed', 'toSorted', 'toSpliced', 'with', 'findLast', 'findLastIndex'])
  for (const { prototype } of [Array, Uint8Array.__proto__]) delete prototype[name]
for (const of of [Map, Object]) delete of.groupBy
delete Array.fromAsync
delete Promise.withResolvers
`

/** As in gjs: the promises of WebAssembly throw, and there is no shared memory. */
const WITHOUT_PROMISES = `
for (const name of ['compile', 'instantiate'])
  WebAssembly[name] = () => { throw new Error('WebAssembly Promise APIs not supported in this runtime.') }
delete globalThis.SharedArrayBuffer
`

/** Trains in a context that has the given code run first. */
async function trained(prepare: string, build?: string): Promise<unknown> {
  const context = createContext({})
  runInContext(prepare, context)
  const answer = (await runInContext(
    `${script}\nprogram.train(${JSON.stringify(build)})`,
    context,
  )) as string
  return JSON.parse(answer)
}

test.each([undefined, 'simd128', 'scalar'])(
  'a run of the build %s has the same bits with nothing but the language and WebAssembly',
  async (build) => {
    const expected = await trained('', build)
    expect(await trained(LATER + WITHOUT_PROMISES, build)).toEqual(expected)
    const { train } = (await import(
      `data:text/javascript,${encodeURIComponent(`${script}\nexport const { train } = program`)}`
    )) as { readonly train: (build?: string) => Promise<string> }
    expect(JSON.parse(await train(build))).toEqual(expected)
  },
)

test('the context lacks what browsers and Node.js add', () => {
  const context = createContext({})
  runInContext(LATER + WITHOUT_PROMISES, context)
  for (const name of ['atob', 'performance', 'TextEncoder', 'TextDecoder', 'crypto', 'setTimeout'])
    expect(runInContext(`typeof ${name}`, context), name).toBe('undefined')
  expect(runInContext('typeof [].toReversed', context)).toBe('undefined')
  expect(runInContext('typeof structuredClone', context)).toBe('undefined')
})
