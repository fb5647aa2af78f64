// Prints how many bytes a page loads for the fused engine, for the TensorFlow.js kernels, and for a
// whole program that trains, and fails if the engine or the program is larger than its limit: node
// scripts/size.mjs, after pnpm build.
//
// The engine and the kernels are bundled and minified by Vite, as the page of this repository is.
// The packages models and core are left out there, because a page has them for other reasons too.
// The program is bundled by esbuild with everything that it imports.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import { build } from 'vite'
import { writeIdx } from '../packages/data/dist/index.js'
import { BUILDS, kernelBytes } from '../packages/kernels/dist/index.js'

/** The most bytes that a page may load, gzipped, to train with the fused engine. */
const LIMIT = 40 * 1024

/** The most bytes, gzipped, of a program that trains LeNet-5 with one build of the kernels. */
const PROGRAM_LIMIT = 60 * 1024

/** A program that trains LeNet-5 on the bytes of two IDX files, as a page does. */
const PROGRAM = `
  import { fused } from '@mnist-lab/backends/fused'
  import { datasetFromIdx, readIdx } from '@mnist-lab/data'
  import { initialWeights, lenet5 } from '@mnist-lab/models'
  import { fit } from './dist/index.js'

  /** Returns the loss of each epoch. */
  export async function train(images, labels) {
    const spec = lenet5()
    const optimizer = { learningRate: 0.01, momentum: 0.9, weightDecay: 0 }
    const plan = { loss: 'softmaxCrossEntropy', batchSize: 8, seed: 1, optimizer }
    const session = await fused().open()
    const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
    const trainer = await session.compile(spec, plan, weights)
    const digits = datasetFromIdx('digits', readIdx(images, 'images'), readIdx(labels, 'labels'))
    const losses = []
    for await (const event of fit({ trainer, spec, plan, train: digits, epochs: 3 }))
      if (event.type === 'epoch') losses.push(event.figures.train.loss)
    await session.close()
    return losses
  }
`

const OTHERS = ['@mnist-lab/core', '@mnist-lab/models']

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`
const sizes = (bytes) =>
  `${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes, { level: 9 }).length)} gzipped`

/**
 * Bundles a program for a browser and returns the code of its files, by file name. A module that
 * is imported when it is needed is a file of its own.
 */
async function bundle(program) {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-lab-size-'))
  try {
    const input = join(folder, 'program.js')
    writeFileSync(input, program)
    const { output } = await build({
      configFile: false,
      logLevel: 'silent',
      root: fileURLToPath(new URL('../packages/backends/', import.meta.url)),
      worker: { format: 'es' },
      build: { write: false, target: 'es2022', rolldownOptions: { input, external: OTHERS } },
    })
    return new Map(output.map(({ fileName, code, source }) => [fileName, code ?? source]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const dist = (path) =>
  JSON.stringify(fileURLToPath(new URL(`../packages/${path}`, import.meta.url)))
const engine = await bundle(
  `import { fused } from ${dist('backends/dist/fused.js')}; globalThis.fused = fused`,
)
/** The beginning of each build as base64, by which its file is recognised. */
const beginnings = new Map(
  await Promise.all(
    BUILDS.map(async (name) => {
      const base64 = Buffer.from(await kernelBytes(name, true)).toString('base64')
      return [name, base64.slice(0, 2000)]
    }),
  ),
)
for (const name of BUILDS) {
  const others = BUILDS.filter((other) => other !== name).map((other) => beginnings.get(other))
  const loaded = [...engine.values()].filter(
    (code) => !others.some((beginning) => String(code).includes(beginning)),
  )
  if (loaded.length !== engine.size - BUILDS.length + 1)
    throw new Error(`${name}: expected one file of the engine for each build`)
  const bytes = Buffer.from(loaded.join('\n'))
  console.log(`${name}.wasm: ${sizes(await kernelBytes(name))}`)
  console.log(`the fused engine with this build, as a page loads it: ${sizes(bytes)}`)
  if (gzipSync(bytes, { level: 9 }).length > LIMIT) {
    console.error(
      `the fused engine with ${name}.wasm is larger than its limit of ${LIMIT} bytes gzipped`,
    )
    process.exitCode = 1
  }
}
const inJavaScript = await bundle(
  `import { fusedJs } from ${dist('backends/dist/fused-js.js')}; globalThis.fusedJs = fusedJs`,
)
const bytes = Buffer.from([...inJavaScript.values()].join('\n'))
if (bytes.includes('AGFzbQ')) throw new Error('fused-js: expected a bundle without WebAssembly')
console.log(`the fused engine in JavaScript, as a page loads it: ${sizes(bytes)}`)
if (gzipSync(bytes, { level: 9 }).length > LIMIT) {
  console.error(`the fused engine in JavaScript is larger than its limit of ${LIMIT} bytes gzipped`)
  process.exitCode = 1
}
const kernels = await bundle(
  `import * as kernels from ${dist('tfjs-kernels/dist/wasm/index.js')}; globalThis.kernels = kernels`,
)
console.log(
  `the kernels for TensorFlow.js's wasm backend, JavaScript and both builds: ` +
    sizes(Buffer.from([...kernels.values()].join('\n'))),
)

const program = await esbuild.build({
  stdin: {
    contents: PROGRAM,
    resolveDir: fileURLToPath(new URL('../packages/train/', import.meta.url)),
  },
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  outdir: 'out',
  metafile: true,
  write: false,
  logLevel: 'error',
})
const loaded = Buffer.concat(
  filesOfTraining(program.metafile.outputs).map((at) => program.outputFiles[at].contents),
)
await checkThatItTrains(program.outputFiles)
console.log(`a program that trains LeNet-5 with simd128.wasm, with all it loads: ${sizes(loaded)}`)
if (gzipSync(loaded, { level: 9 }).length > PROGRAM_LIMIT) {
  console.error(`the program is larger than its limit of ${PROGRAM_LIMIT} bytes gzipped`)
  process.exitCode = 1
}

/**
 * Returns the indices of the files that are loaded when the program trains: those that the first
 * file imports, and those of the engine that are imported when it is opened. Readers of other
 * formats of data, the other builds and the kernels in JavaScript are not loaded.
 */
function filesOfTraining(outputs) {
  const names = Object.keys(outputs)
  const isEngine = (name) =>
    Object.keys(outputs[name].inputs).some(
      (input) =>
        /packages\/(?:backends|kernels)\/dist\//.test(input) &&
        !/generated\/(?:relaxed|scalar|javascript)\.js$/.test(input),
    )
  const found = new Set()
  const follow = (name) => {
    if (found.has(name)) return
    found.add(name)
    for (const { path, kind } of outputs[name].imports)
      if (kind === 'import-statement' || isEngine(path)) follow(path)
  }
  follow(names.find((name) => basename(name) === 'stdin.js'))
  const inputs = [...found].flatMap((name) => Object.keys(outputs[name].inputs))
  const tfjs = inputs.find((input) => input.includes('@tensorflow'))
  if (tfjs !== undefined) throw new Error(`the program brings TensorFlow.js along: ${tfjs}`)
  if (!inputs.some((input) => input.endsWith('generated/simd128.js')))
    throw new Error('the files of the program do not have the kernels among them')
  return [...found].map((name) => names.indexOf(name))
}

/** Runs the bundle, because a bundle that has lost a part would be small as well. */
async function checkThatItTrains(outputFiles) {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-lab-size-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    for (const { path, contents } of outputFiles)
      writeFileSync(join(folder, basename(path)), contents)
    const { train } = await import(pathToFileURL(join(folder, 'stdin.js')))
    // The brightness of an image is its label.
    const labels = Uint8Array.from({ length: 80 }, (_, i) => i % 10)
    const images = Uint8Array.from({ length: 80 * 784 }, (_, i) => 25 * labels[Math.floor(i / 784)])
    const losses = await train(
      writeIdx({ type: 'uint8', shape: [80, 28, 28], data: images }),
      writeIdx({ type: 'uint8', shape: [80], data: labels }),
    )
    if (!(losses.length === 3 && losses[2] < losses[0]))
      throw new Error(`the bundled program does not learn: its losses are ${losses.join(', ')}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
