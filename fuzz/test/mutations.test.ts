import { describe, expect, test } from 'vitest'
import { mutateJson } from '../src/mutations/mutate-json.js'
import { inputMutation } from '../src/mutations/mutate-input.js'
import { Random } from '../src/random.js'
import { MAX_INPUT_BYTES } from '../src/target.js'
import { TARGETS } from './targets.js'

const INPUTS = 200

const textsOf = (inputs: readonly Uint8Array[]) =>
  inputs.map((bytes) => Buffer.from(bytes).toString('base64'))

/** Returns the first inputs that a seed gives. */
function inputsOf(name: string, seed: number): Uint8Array[] {
  const target = TARGETS.get(name)!
  const [mutate, random, seeds] = [inputMutation(target), new Random(seed, 1), target.seeds()]
  return Array.from({ length: INPUTS }, (_, input) => {
    random.begin(input)
    return mutate(random.pick(seeds), random, () => random.pick(seeds))
  })
}

describe('the inputs of a target', () => {
  test.each([...TARGETS.keys()])('%s follow from the seed, differ and are bounded', (name) => {
    const inputs = inputsOf(name, 7)
    const texts = textsOf(inputs)
    expect(textsOf(inputsOf(name, 7))).toEqual(texts)
    expect(textsOf(inputsOf(name, 8))).not.toEqual(texts)
    const different = new Set(texts)
    expect(different.size).toBeGreaterThan(INPUTS / 2)
    const most = TARGETS.get(name)!.maxBytes ?? MAX_INPUT_BYTES
    expect(Math.max(...inputs.map(({ length }) => length))).toBeLessThanOrEqual(most)
  })

  test('leave the seeds as they are', () => {
    const seeds = TARGETS.get('png')!.seeds()
    const before = structuredClone(seeds)
    const [mutate, random] = [inputMutation(TARGETS.get('png')!), new Random(1, 1)]
    for (let input = 0; input < INPUTS; input++) {
      random.begin(input)
      mutate(random.pick(seeds), random, () => random.pick(seeds))
    }
    expect(seeds).toEqual(before)
  })
})

test('repaired PNG files mostly get beyond the checksums', async () => {
  const { run } = TARGETS.get('png')!
  const messages: string[] = []
  for (const bytes of inputsOf('png', 1)) {
    try {
      await run(bytes)
    } catch (error) {
      messages.push((error as Error).message)
    }
  }
  const checksums = messages.filter((message) => /crc/i.test(message))
  expect(checksums.length).toBeLessThan(INPUTS / 4)
})

test('JSON gets values of other types, deep nesting and special keys', () => {
  const random = new Random(1, 1)
  const text = new TextEncoder().encode('{"name":"a","list":[1,{"b":true}]}')
  const words = [new TextEncoder().encode('word')]
  const mutated = Array.from({ length: 2000 }, (_, input) => {
    random.begin(input)
    const material = { other: () => text, words, maxBytes: MAX_INPUT_BYTES }
    return new TextDecoder().decode(mutateJson(text, random, material))
  })
  for (const part of ['__proto__', '[[[[[[[[', '"word"', '1e999', '\\u001b', '-0'])
    expect(mutated.some((text) => text.includes(part))).toBe(true)
})
