// These tests run every example as its reader does: with plain Node.js and the built packages.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readSafetensors } from '@mnist-lab/models'
import { expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))

async function example(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(FOLDER, name), ...args])
  return stdout
}

/** Returns the numbers that follow a word in the output. */
function numbersAfter(word: string, output: string): number[] {
  return [...output.matchAll(new RegExp(`${word} ([\\d.]+)`, 'g'))].map(([, number]) =>
    Number(number),
  )
}

test('train.js trains LeNet-5, classifies digits and writes the weights', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mnist-lab-example-'))
  try {
    const path = join(folder, 'weights.safetensors')
    const output = await example('train.js', path)
    const losses = numbersAfter('training loss', output)
    expect(losses).toHaveLength(3)
    expect(losses).toEqual(losses.toSorted((a, b) => b - a))
    expect(numbersAfter('test accuracy', output)[2]).toBeGreaterThan(85)
    const { tensors, metadata } = readSafetensors(await readFile(path), path)
    expect(tensors).toHaveLength(10)
    expect(metadata).toEqual({ model: 'lenet5' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('own-backend.js trains on the custom backend', async () => {
  const output = await example('own-backend.js')
  expect(numbersAfter('test accuracy', output)).toHaveLength(3)
  expect(Math.min(...numbersAfter('test accuracy', output))).toBeGreaterThan(80)
})

test('tfjs-kernels.js cannot train without the kernels, and learns with them', async () => {
  const output = await example('tfjs-kernels.js')
  expect(output).toContain("without the kernels: Kernel 'Conv2DBackpropFilter' not registered")
  const losses = numbersAfter('mean loss', output)
  expect(losses).toHaveLength(3)
  expect(losses[2]).toBeLessThan(losses[0]! * 0.9)
})

test('measure-backends.js prints a row for each backend, with parity', async () => {
  const output = await example('measure-backends.js')
  const rows = output.split('\n').filter((line) => /'(wasm|fused)'/.test(line))
  expect(rows).toHaveLength(2)
  for (const row of rows) expect(row).toMatch(/'\d+\.\d\d'.*'ok'.*e[+-]\d+'/)
})

test('the README lists every example', async () => {
  const readme = await readFile(join(FOLDER, 'README.md'), 'utf8')
  const files = (await readdir(FOLDER)).filter((name) => /^[^.]+\.[jt]s$/.test(name))
  expect(files.length).toBeGreaterThan(6)
  expect(files.filter((name) => !readme.includes(`(${name})`))).toEqual([])
})
