import { joinBytes } from '@mnist-lab/core'
import type { Random } from '../random.js'

/** What a mutation may use besides the input itself. */
export interface Material {
  /** Other inputs, or the same part of other inputs. */
  readonly other: () => Uint8Array
  readonly words: readonly Uint8Array[]
  readonly maxBytes: number
}

/** Numbers at which parsers often go wrong. */
const INTERESTING = [
  0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 63, 64, 100, 127, 128, 255, 256, 257, 512, 1000, 1024,
  4096, 32_767, 32_768, 65_535, 65_536, 0xff_ffff, 0x1000_0000, 0x7fff_fffe, 0x7fff_ffff,
  0x8000_0000, 0xffff_fffe, 0xffff_ffff,
]
/** The longest block that is copied, repeated or removed, most of the time. */
const SHORT_BLOCK = 32

type Operator = (bytes: Uint8Array, random: Random, material: Material) => Uint8Array

/** Each returns the same array after a change, or a new one. Inputs have at least one byte. */
const OPERATORS: readonly Operator[] = [
  function flipBit(bytes, random) {
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
    return bytes
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.word()
    return bytes
  },
  function addToByte(bytes, random) {
    bytes[random.below(bytes.length)]! += random.below(33) - 16
    return bytes
  },
  function setInteger(bytes, random) {
    const size = random.pick([2, 4, 4, 8])
    if (bytes.length < size) return bytes
    const at = random.below(bytes.length - size + 1)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const isLittle = random.oneIn(2)
    const value = random.pick(INTERESTING)
    if (size === 2) view.setUint16(at, value, isLittle)
    else if (size === 4) view.setUint32(at, value, isLittle)
    else view.setBigUint64(at, BigInt(value) << (random.oneIn(4) ? 32n : 0n), isLittle)
    return bytes
  },
  function changeInteger(bytes, random) {
    if (bytes.length < 4) return bytes
    const at = random.below(bytes.length - 3)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const isLittle = random.oneIn(2)
    view.setUint32(at, view.getUint32(at, isLittle) + random.below(65) - 32, isLittle)
    return bytes
  },
  function removeBlock(bytes, random) {
    const { at, length } = block(bytes, random)
    return length === bytes.length
      ? bytes
      : joined(bytes.subarray(0, at), bytes.subarray(at + length))
  },
  function repeatBlock(bytes, random) {
    const { at, length } = block(bytes, random)
    const copies = 1 + random.below(random.oneIn(8) ? 100 : 3)
    const repeated = Array.from({ length: copies }, () => bytes.subarray(at, at + length))
    return joined(bytes.subarray(0, at), ...repeated, bytes.subarray(at))
  },
  function moveBlock(bytes, random) {
    const { at, length } = block(bytes, random)
    bytes.copyWithin(random.below(bytes.length), at, at + length)
    return bytes
  },
  function insertRandom(bytes, random) {
    const at = random.below(bytes.length + 1)
    const isConstant = random.oneIn(2)
    const constant = random.pick([0, 0x20, 0xff])
    const some = Uint8Array.from({ length: 1 + random.below(SHORT_BLOCK) }, () =>
      isConstant ? constant : random.word(),
    )
    return joined(bytes.subarray(0, at), some, bytes.subarray(at))
  },
  function insertWord(bytes, random, { words }) {
    if (words.length === 0) return bytes
    const at = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), random.pick(words), bytes.subarray(at))
  },
  function overwriteWithWord(bytes, random, { words }) {
    if (words.length === 0) return bytes
    const word = random.pick(words)
    if (word.length > bytes.length) return bytes
    bytes.set(word, random.below(bytes.length - word.length + 1))
    return bytes
  },
  function insertFromOther(bytes, random, { other }) {
    const from = other()
    if (from.length === 0) return bytes
    const { at, length } = block(from, random)
    const to = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, to), from.subarray(at, at + length), bytes.subarray(to))
  },
  function overwriteFromOther(bytes, random, { other }) {
    const from = other()
    if (from.length === 0) return bytes
    const { at, length } = block(from, random)
    const to = random.below(bytes.length)
    bytes.set(from.subarray(at, Math.min(at + length, at + bytes.length - to)), to)
    return bytes
  },
  function spliceWithOther(bytes, random, { other }) {
    const from = other()
    const head = bytes.subarray(0, 1 + random.below(bytes.length))
    return joined(head, from.subarray(random.below(from.length + 1)))
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1))
  },
]

/** Returns a mutated copy of some bytes: one change, or several after each other. */
export function mutateBytes(bytes: Uint8Array, random: Random, material: Material): Uint8Array {
  let result: Uint8Array = bytes.slice()
  for (let left = 1 << random.below(5); left > 0; left--) {
    if (result.length === 0) result = Uint8Array.of(random.word())
    result = random.pick(OPERATORS)(result, random, material)
    if (result.length > material.maxBytes) result = result.slice(0, material.maxBytes)
  }
  return result
}

function block(bytes: Uint8Array, random: Random): { at: number; length: number } {
  const at = random.below(bytes.length)
  const most = random.oneIn(8) ? bytes.length : SHORT_BLOCK
  return { at, length: 1 + random.below(Math.min(most, bytes.length - at)) }
}

/** Returns the bytes of its arguments, one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts)
}
