// These tests use the packages as their users get them: packed, installed by npm in another folder,
// and run with plain Node.js.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pnpm, run, succeed } from './support/run.js'
import { libraries, ROOT } from './support/workspace.js'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mnist-lab-packed-'))
  const tarballs = join(folder, 'tarballs')
  mkdirSync(tarballs)
  for (const { directory } of libraries)
    await pnpm(['pack', '--pack-destination', tarballs], directory)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  const files = readdirSync(tarballs).map((file) => join('tarballs', file))
  await succeed(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', ...files.map((file) => `./${file}`)],
    folder,
  )
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true }))

const installed = (name: string) => join(folder, 'node_modules', name)

/** Runs a module that uses the installed packages. */
async function outside(name: string, code: string): Promise<string> {
  writeFileSync(join(folder, name), code)
  return succeed(process.execPath, [name], folder)
}

const entries = libraries.flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {}).map((path) => manifest.name + path.slice(1)),
)
// The contract suite needs vitest, which its users install. Not every Node.js imports .wasm files.
const importable = entries.filter(
  (name) => name !== '@mnist-lab/backends/testing' && !name.endsWith('.wasm'),
)

describe('a packed package', () => {
  test.each(libraries.map(({ manifest }) => manifest.name))(
    '%s contains its licence, its README, its sources and its built files, and nothing else',
    (name) => {
      const top = readdirSync(installed(name)).toSorted()
      expect(top).toEqual(
        [
          'LICENSE',
          'README.md',
          'dist',
          ...(name === '@mnist-lab/cli' ? ['native'] : []),
          ...(name === '@mnist-lab/bench' ? ['peers'] : []),
          'package.json',
          'src',
        ]
          .concat(name.endsWith('kernels') ? ['assembly'] : [])
          .toSorted(),
      )
      const files = readdirSync(installed(name), { recursive: true, encoding: 'utf8' })
      expect(files.filter((file) => /tsbuildinfo|\.test\.|(^|[/\\])test[/\\]/.test(file))).toEqual(
        [],
      )
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(installed(name), 'package.json'), 'utf8'),
      ) as { dependencies?: Record<string, string> }
      expect(
        Object.values(dependencies).filter((range) => /workspace|catalog/.test(range)),
      ).toEqual([])
    },
  )

  test.each(libraries.map(({ manifest }) => manifest.name))(
    '%s holds no module whose source is gone',
    (name) => {
      const sources = new Set(
        readdirSync(join(installed(name), 'src'), { recursive: true, encoding: 'utf8' }).map(
          (file) => file.replace(/(\.d)?\.ts$/, ''),
        ),
      )
      // The site of the bench comes from its bundler.
      const modules = readdirSync(join(installed(name), 'dist'), {
        recursive: true,
        encoding: 'utf8',
      }).filter((file) => file.endsWith('.js') && !/^site[/\\]/.test(file))
      expect(modules).not.toEqual([])
      expect(modules.filter((file) => !sources.has(file.replace(/\.js$/, '')))).toEqual([])
    },
  )

  test.each(libraries.map(({ manifest }) => manifest.name))(
    '%s says what it is, under which licence, for which Node.js',
    (name) => {
      const manifest = JSON.parse(
        readFileSync(join(installed(name), 'package.json'), 'utf8'),
      ) as Record<string, unknown>
      expect(manifest).toMatchObject({
        description: expect.stringMatching(/^[A-Z].{30,}[^.]$/) as string,
        license: 'MIT',
        engines: { node: '>=20.19' },
        files: expect.arrayContaining(['dist', 'src']) as string[],
      })
    },
  )

  test('can be imported by every name that it exports', async () => {
    const output = await outside(
      'imports.js',
      `
      const counts = {}
      for (const name of ${JSON.stringify(importable)}) counts[name] = Object.keys(await import(name)).length
      console.log(JSON.stringify(counts))
    `,
    )
    const counts = JSON.parse(output) as Record<string, number>
    expect(Object.keys(counts)).toEqual(importable)
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([])
  })

  test('loads MNIST, creates a model, and trains a step on wasm', async () => {
    const output = await outside(
      'use.js',
      `
      import { batchAt } from '@mnist-lab/data'
      import { loadMnist } from '@mnist-lab/data/node'
      import { initialWeights, lenet5, summary } from '@mnist-lab/models'
      import { wasm } from '@mnist-lab/backends/wasm'
      const { train, test } = await loadMnist()
      const spec = lenet5()
      const session = await wasm().open()
      const plan = { loss: 'softmaxCrossEntropy', batchSize: 8, seed: 1, optimizer: { learningRate: 0.1, momentum: 0, weightDecay: 0 } }
      const trainer = await session.compile(spec, plan, initialWeights(spec, { seed: 1, scheme: 'pytorch' }))
      const batch = batchAt(train, Uint32Array.from({ length: 8 }, (_, i) => i))
      const first = await trainer.step(batch)
      for (let i = 0; i < 20; i++) await trainer.step(batch)
      const last = await trainer.evaluate(batch)
      await session.close()
      console.log(JSON.stringify({ images: [train.count, test.count], parameters: summary(spec).total.parameters, fell: last.loss < first.loss / 2 }))
    `,
    )
    expect(JSON.parse(output)).toEqual({ images: [60_000, 10_000], parameters: 61_706, fell: true })
  })

  test.each(entries.filter((name) => name.endsWith('.wasm')))(
    'has kernels in %s that train as a given module',
    async (name) => {
      const output = await outside(
        'module.js',
        `
        import { readFile } from 'node:fs/promises'
        import { setFlagsFromString } from 'node:v8'
        import { fused } from '@mnist-lab/backends/fused'
        import { initialWeights, lenet5 } from '@mnist-lab/models'
        // Node.js 20 has relaxed SIMD behind a flag.
        setFlagsFromString('--experimental-wasm-relaxed-simd')
        const module = await WebAssembly.compile(await readFile(new URL(import.meta.resolve('${name}'))))
        const session = await fused({ module }).open()
        const spec = lenet5()
        const plan = { loss: 'softmaxCrossEntropy', batchSize: 2, seed: 1, optimizer: { learningRate: 0.1, momentum: 0, weightDecay: 0 } }
        const trainer = await session.compile(spec, plan, initialWeights(spec, { seed: 1, scheme: 'pytorch' }))
        const batch = { size: 2, labels: Uint8Array.of(3, 7), copyImages: (target) => target.fill(255, 0, 784) }
        const first = await trainer.step(batch)
        const fell = (await trainer.step(batch)).loss < first.loss
        console.log(JSON.stringify({ fell, build: session.info.simd }))
        await session.close()
      `,
      )
      expect(JSON.parse(output)).toEqual({
        fell: true,
        build: basename(name, '.wasm'),
      })
    },
  )

  const examples = libraries.flatMap(({ directory, manifest }) =>
    [...readFileSync(join(directory, 'README.md'), 'utf8').matchAll(/```js\n([^]*?)```/g)].map(
      ([, code]) => [manifest.name, code!],
    ),
  )
  test.each(examples)('runs the example of %s’s README', async (name, code) => {
    expect(await outside(`${basename(name)}-example.js`, code)).not.toBe('')
  })

  test.each(['nodenext', 'bundler'])(
    'has types that a program compiles against, with module resolution %s',
    async (resolution) => {
      writeFileSync(
        join(folder, 'program.ts'),
        [
          ...entries.map((name, i) => `import * as entry${i} from '${name}'`),
          "import { lenet5, type ModelSpec } from '@mnist-lab/models'",
          'export const spec: ModelSpec = lenet5({ classes: 26 })',
          '// @ts-expect-error a model is not a string, so the types are really there',
          'export const wrong: string = lenet5()',
          `export const all = [${entries.map((_, i) => `entry${i}`).join(', ')}]`,
        ].join('\n'),
      )
      const { code, output } = await run(
        process.execPath,
        [
          join(ROOT, 'node_modules/typescript/bin/tsc'),
          '--noEmit',
          '--strict',
          '--skipLibCheck',
          '--target',
          'es2022',
          '--lib',
          'es2023,dom',
          '--module',
          resolution === 'nodenext' ? 'nodenext' : 'esnext',
          '--moduleResolution',
          resolution,
          '--types',
          'node',
          '--typeRoots',
          join(ROOT, 'node_modules/@types'),
          'program.ts',
        ],
        folder,
      )
      expect(output).toBe('')
      expect(code).toBe(0)
    },
  )

  test('contains the program mnist', async () => {
    expect(
      await succeed(join(folder, 'node_modules/.bin/mnist'), ['summary', 'lenet5'], folder),
    ).toContain('Total params: 61,706')
  })
})
