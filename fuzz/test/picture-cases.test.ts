// Pictures as people have them, and pictures made to harm.
import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { prepareDigit } from '@mnist-lab/data'
import { describe, expect, test } from 'vitest'
import { decodePng } from '../../packages/data/src/node/pictures/png.js'
import { faultOf } from '../src/judge.js'
import { joined } from '../src/mutations/mutate-bytes.js'
import { TARGETS } from './targets.js'

const read = (name: string) => readFileSync(new URL(`fixtures/${name}.png`, import.meta.url))

describe('a picture is read', () => {
  test.each(['after-iend-7', 'adler-7', 'clear-tight-white-1', 'frame-1-7'])('%s', (name) => {
    const digit = prepareDigit(decodePng(read(name), name), name, { onDoubt() {} })
    expect(digit.length).toBe(28 * 28)
    expect(digit.filter((value) => value > 128).length).toBeGreaterThan(10)
  })
})

/** A picture of 1 × 64,000,000 pixels. */
function tall(): Buffer {
  const picture = Buffer.from(TARGETS.get('png')!.seeds()[0]!)
  const pixels = new Uint8Array(deflateSync(new Uint8Array(2 ** 20)))
  picture.writeUInt32BE(1, 16)
  picture.writeUInt32BE(64_000_000, 20)
  const bytes = joined(picture.subarray(0, 41), pixels, new Uint8Array(16))
  return Buffer.from(TARGETS.get('png')!.repair!(bytes))
}

describe('a picture is refused with one line', () => {
  test.each<[string, Buffer, RegExp]>([
    ['cgbi-7', read('cgbi-7'), /not a standard PNG .*Xcode.*convert it/],
    ['png-0xhuge', read('png-0xhuge'), /its size is 0×/],
    ['png-two-ihdr', read('png-two-ihdr'), /two headers/],
    ['png-1x64M', tall(), /at most \d+ pixels .*got 1×64000000/],
  ])('%s', (name, bytes, message) => {
    const before = process.memoryUsage().arrayBuffers
    let error: unknown
    try {
      decodePng(bytes, name)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(Error)
    expect(faultOf(error)).toBeUndefined()
    expect((error as Error).message).toMatch(message)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 25)
  })
})
