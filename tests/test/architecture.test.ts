// These tests check that the lint fails on everything that it forbids, and that the built packages
// run in a browser.
import { builtinModules } from 'node:module'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from './support/run.js'
import { libraries, ROOT } from './support/workspace.js'

describe('the lint', () => {
  let tree: string
  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'mnist-lab-lint-'))
    cpSync(join(ROOT, 'oxlint.config.mjs'), join(tree, 'oxlint.config.mjs'))
    writeFileSync(join(tree, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(tree, 'tsconfig.json'),
      '{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2022" } }',
    )
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  })
  afterAll(() => rmSync(tree, { recursive: true }))

  async function lint(
    files: Readonly<Record<string, string>>,
  ): Promise<{ code: number; rules: string[] }> {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      writeFileSync(join(tree, path), source)
    }
    const { code, output } = await run(
      join(ROOT, 'node_modules/.bin/oxlint'),
      ['-c', 'oxlint.config.mjs', '--deny-warnings', '--format=json', ...Object.keys(files)],
      tree,
    )
    for (const path of Object.keys(files)) rmSync(join(tree, path))
    const { diagnostics } = JSON.parse(output.slice(output.indexOf('{'))) as {
      diagnostics: { code: string }[]
    }
    return {
      code,
      rules: [...new Set(diagnostics.map(({ code: rule }) => /\((.*)\)/.exec(rule)![1]!))],
    }
  }

  test.each<[string, string, string, string]>([
    [
      'an arrow upwards',
      'packages/data/src/a.ts',
      "import { lenet5 } from '@mnist-lab/models'\nexport const a = lenet5()\n",
      'no-restricted-imports',
    ],
    [
      'an arrow from models to backends',
      'packages/models/src/a.ts',
      "export type { Backend } from '@mnist-lab/backends'\n",
      'no-restricted-imports',
    ],
    [
      'TensorFlow.js outside backends',
      'packages/train/src/a.ts',
      "export * from '@tensorflow/tfjs-core'\n",
      'no-restricted-imports',
    ],
    [
      'TensorFlow.js in the cli',
      'packages/cli/src/a.ts',
      "export * from '@tensorflow/tfjs-core'\n",
      'no-restricted-imports',
    ],
    [
      'TensorFlow.js in the kernels',
      'packages/kernels/src/a.ts',
      "export type { Tensor } from '@tensorflow/tfjs-core'\n",
      'no-restricted-imports',
    ],
    [
      "TensorFlow.js's code in kernels for it",
      'packages/tfjs-kernels/src/wasm/a.ts',
      "export { tidy } from '@tensorflow/tfjs-core'\n",
      'no-restricted-imports',
    ],
    [
      'an arrow from kernels for TensorFlow.js',
      'packages/tfjs-kernels/src/cpu/a.ts',
      "export type { Backend } from '@mnist-lab/backends'\n",
      'no-restricted-imports',
    ],
    [
      'an arrow from tensorboard',
      'packages/tensorboard/src/a.ts',
      "export { accuracy } from '@mnist-lab/metrics'\n",
      'no-restricted-imports',
    ],
    [
      'an arrow upwards in a node entry',
      'packages/data/src/node/a.ts',
      "export type { fit } from '@mnist-lab/train'\n",
      'no-restricted-imports',
    ],
    [
      'a function whose last bits depend on the engine',
      'packages/backends/src/a.ts',
      'export const a = (x: number): number => Math.exp(x)\n',
      'no-restricted-properties',
    ],
    [
      'a Node.js module in a library',
      'packages/models/src/a.ts',
      "export { readFile } from 'node:fs/promises'\n",
      'no-nodejs-modules',
    ],
    [
      'a Node.js module without its prefix',
      'packages/models/src/a.ts',
      "import { readFileSync } from 'fs'\nexport const a = readFileSync('a')\n",
      'no-nodejs-modules',
    ],
    ['printing', 'packages/metrics/src/a.ts', "console.log('a')\n", 'no-console'],
    [
      'reading process',
      'packages/train/src/a.ts',
      "export const a = process.env['A']\n",
      'no-restricted-globals',
    ],
    [
      'a default export',
      'packages/report/src/a.ts',
      'const a = 1\nexport default a\n',
      'no-default-export',
    ],
    ['any', 'apps/bench/src/a.ts', 'export const a = (b: any): unknown => b\n', 'no-explicit-any'],
    ['an empty catch', 'packages/cli/src/a.ts', "try { JSON.parse('') } catch {}\n", 'no-empty'],
    [
      'a promise that nobody awaits',
      'packages/cli/src/a.ts',
      'async function a(): Promise<void> {}\na()\n',
      'no-floating-promises',
    ],
  ])('refuses %s', async (_what, path, source, rule) => {
    const { code, rules } = await lint({ [path]: source })
    expect(rules).toContain(rule)
    expect(code).toBe(1)
  })

  test('refuses a cycle of types', async () => {
    const { code, rules } = await lint({
      'packages/models/src/a.ts':
        "import type { B } from './b.js'\nexport interface A { readonly b: B }\n",
      'packages/models/src/b.ts':
        "import type { A } from './a.js'\nexport interface B { readonly a: A }\n",
    })
    expect({ code, rules }).toEqual({ code: 1, rules: ['no-cycle'] })
  })

  test('refuses a cycle', async () => {
    const { code, rules } = await lint({
      'packages/models/src/a.ts':
        "import { b } from './b.js'\nexport const a = (): number => b()\n",
      'packages/models/src/b.ts':
        "import { a } from './a.js'\nexport const b = (): number => a()\n",
    })
    expect({ code, rules }).toEqual({ code: 1, rules: ['no-cycle'] })
  })

  test('accepts everything that is allowed', async () => {
    const { code, rules } = await lint({
      'packages/train/src/a.ts': "export type { Backend } from '@mnist-lab/backends'\n",
      'packages/train/src/node/a.ts': "export { readFile } from 'node:fs/promises'\n",
      'packages/tfjs-kernels/src/cpu/a.ts':
        "import type { Tensor } from '@tensorflow/tfjs-core'\nexport type A = Tensor\n",
      'packages/backends/src/a.ts': "export { version_core } from '@tensorflow/tfjs-core'\n",
    })
    expect({ code, rules }).toEqual({ code: 0, rules: [] })
  })
})

describe('the built packages', () => {
  const specifiers = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g
  const entries = libraries.flatMap(({ directory, manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([path]) => !path.endsWith('.wasm'))
      .map(([path, target]) => ({
        name: manifest.name + path.slice(1),
        file: join(directory, target.default),
      })),
  )
  const fileOf = new Map(entries.map(({ name, file }) => [name, file]))

  /** Returns every module that a file imports, directly or through modules of this repository. */
  function imported(file: string, seen = new Set<string>()): Set<string> {
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(specifiers)) {
      const ours = specifier!.startsWith('.')
        ? join(dirname(file), specifier!)
        : fileOf.get(specifier!)
      if (seen.has(ours ?? specifier!)) continue
      seen.add(ours ?? specifier!)
      if (ours !== undefined) imported(ours, seen)
    }
    return seen
  }

  const browser = entries.filter(
    ({ name }) => !/^@mnist-lab\/(cli|terminal)|\/(node|driver)$/.test(name),
  )
  test.each(browser.map(({ name, file }) => [name, file]))(
    '%s imports no Node.js module, directly or indirectly',
    (_name, file) => {
      const modules = [...imported(file)]
      expect(
        modules.filter((name) => name.startsWith('node:') || builtinModules.includes(name)),
      ).toEqual([])
    },
  )

  test('the fused engine needs no TensorFlow.js', () => {
    const modules = [...imported(fileOf.get('@mnist-lab/backends/fused')!)]
    expect(modules.filter((name) => name.includes('tensorflow') || name.includes('tfjs'))).toEqual(
      [],
    )
    expect(modules.filter((name) => name.includes('kernels'))).not.toEqual([])
    expect([...imported(fileOf.get('@mnist-lab/backends/wasm')!)]).toContain(
      '@tensorflow/tfjs-core',
    )
  })

  test.each(
    entries
      .filter(({ name }) => name.startsWith('@mnist-lab/tfjs-kernels/'))
      .map(({ name, file }) => [name, file]),
  )('%s brings no TensorFlow.js', (_name, file) => {
    const modules = [...imported(file)]
    expect(modules.filter((name) => name.includes('@tensorflow'))).toEqual([])
    expect(modules.length).toBeGreaterThan(1)
  })

  test('a node entry imports Node.js modules, so the test above can see them', () => {
    expect([...imported(fileOf.get('@mnist-lab/train/node')!)]).toContain('node:fs/promises')
    expect(browser.length).toBeGreaterThan(10)
  })
})
