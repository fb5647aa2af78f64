// Replays the kept corpus: inputs that the fuzzer found, each of which reaches other code.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultOf } from '../src/judge.js'
import type { Target } from '../src/target.js'
import { TARGETS } from './targets.js'

const CORPUS = new URL('../corpus/', import.meta.url)
/** The most bytes of all corpora together. */
const MAX_BYTES = 600_000

function corpusOf(name: string): { readonly file: string; readonly bytes: Uint8Array }[] {
  const folder = new URL(`${name}/`, CORPUS)
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((file) => ({
    file,
    bytes: new Uint8Array(readFileSync(new URL(file, folder))),
  }))
}

/** Returns what is wrong with the answers to some inputs. */
async function faultsOf(
  target: Target,
  inputs: readonly { readonly file: string; readonly bytes: Uint8Array }[],
): Promise<string[]> {
  const faults: string[] = []
  for (const { file, bytes } of inputs) {
    try {
      await target.run(bytes)
    } catch (error) {
      const fault = faultOf(error)
      if (fault !== undefined) faults.push(`${file}: ${fault.kind}: ${fault.what}`)
    }
  }
  return faults
}

describe('every input has a proper answer', () => {
  test.each([...TARGETS])('%s', async (name, target) => {
    const seeds = target.seeds().map((bytes, at) => ({ file: `seed ${at}`, bytes }))
    expect(seeds.length).toBeGreaterThan(0)
    expect(await faultsOf(target, [...seeds, ...corpusOf(name)])).toEqual([])
  })
})

test('every folder of the corpus belongs to a target, and all of them are small', () => {
  const folders = readdirSync(CORPUS)
  expect(folders.filter((name) => !TARGETS.has(name))).toEqual([])
  const sizes = folders.flatMap((name) => corpusOf(name).map(({ bytes }) => bytes.length))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES)
})
