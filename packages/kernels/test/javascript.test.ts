import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseSync } from 'vite'
import { loadJavaScriptKernels } from '../src/index.js'

const code = readFileSync(new URL('../src/generated/javascript.js', import.meta.url), 'utf8')

test('the kernels in JavaScript need neither WebAssembly nor the right to evaluate strings', () => {
  for (const word of ['WebAssembly', 'eval', 'Function', 'atob', 'SharedArrayBuffer', 'Atomics'])
    expect(code).not.toMatch(new RegExp(`\\b${word}\\b`))
})

test('the kernels in JavaScript are one strict module without imports, which sets no global', async () => {
  const { errors, module } = parseSync('javascript.js', code, { sourceType: 'module' })
  expect(errors).toEqual([])
  expect(module).toMatchObject({ hasModuleSyntax: true, staticImports: [], dynamicImports: [] })
  expect(code).not.toMatch(/\?\?|\?\.[a-z]|\*\*|\bclass\b|\bawait\b|\b\d+n\b/)
  const before = Reflect.ownKeys(globalThis)
  const instantiate = await loadJavaScriptKernels()
  instantiate(new ArrayBuffer(4096))
  expect(Reflect.ownKeys(globalThis)).toEqual(before)
})
