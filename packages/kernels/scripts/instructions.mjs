// Reads the instructions of a WebAssembly module, and makes a tiny module of those that not every
// engine has.

/** The bytes of every module before its sections. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const SECTION = { types: 1, functions: 3, memories: 5, code: 10 }
const END = 0x0b
const DROP = 0x1a
const LOCAL_GET = 0x20
const EMPTY_BLOCK = 0x40

/**
 * The types of values, with the number of their type. The function of {@link probeOf} has one
 * local variable of each.
 */
const TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/**
 * The last instruction of WebAssembly 1.0. Every engine has those up to it; the ones behind it
 * came later, in proposals that an engine may lack.
 */
const LAST_OF_FIRST_VERSION = 0xbf

const vector = Array.from({ length: 16 }, () => 0)
const inOne = { operands: ['v128'], result: 'v128' }
const inTwo = { operands: ['v128', 'v128'], result: 'v128' }
const inThree = { operands: ['v128', 'v128', 'v128'], result: 'v128' }
const atomicChange = { alignment: 2, operands: ['i32', 'i32'], result: 'i32' }

/**
 * The later instructions that the kernels use: their prefix, their number, and then the types of
 * their operands and of their result. Behind the number of some follow immediate values: bytes, or
 * the alignment and the offset of an address. The build fails when the kernels use an instruction
 * that is missing here; the specification of WebAssembly lists all in its index of instructions.
 */
const LATER = {
  // i32.trunc_sat_f32_s, memory.copy and memory.fill.
  0xfc: {
    0: { operands: ['f32'], result: 'i32' },
    10: { immediates: [0, 0], operands: ['i32', 'i32', 'i32'] },
    11: { immediates: [0], operands: ['i32', 'i32', 'i32'] },
  },
  // Vectors. From 256 on they are relaxed.
  0xfd: {
    // load, load32_splat, store, const, shuffle, two splats and extract_lane of float32.
    0: { alignment: 0, operands: ['i32'], result: 'v128' },
    9: { alignment: 0, operands: ['i32'], result: 'v128' },
    11: { alignment: 0, operands: ['i32', 'v128'] },
    12: { immediates: vector, operands: [], result: 'v128' },
    13: { immediates: vector, ...inTwo },
    17: { operands: ['i32'], result: 'v128' },
    19: { operands: ['f32'], result: 'v128' },
    31: { immediates: [0], operands: ['v128'], result: 'f32' },
    // Comparisons and bits: ge_s, eq, ne, gt, and, xor, bitselect.
    63: inTwo,
    65: inTwo,
    66: inTwo,
    68: inTwo,
    78: inTwo,
    81: inTwo,
    82: inThree,
    // Integers: bitmask, shl, shr_u, add, mul, extmul_low, extmul_high.
    164: { operands: ['v128'], result: 'i32' },
    171: { operands: ['v128', 'i32'], result: 'v128' },
    173: { operands: ['v128', 'i32'], result: 'v128' },
    174: inTwo,
    181: inTwo,
    222: inTwo,
    223: inTwo,
    // Float32: nearest, add, sub, mul, div, max, pmin, pmax, trunc_sat.
    106: inOne,
    228: inTwo,
    229: inTwo,
    230: inTwo,
    231: inTwo,
    233: inTwo,
    234: inTwo,
    235: inTwo,
    248: inOne,
    // relaxed_madd.
    261: inThree,
  },
  // Atomics of int32: notify, wait, load, store, add, sub.
  0xfe: {
    0: atomicChange,
    1: { alignment: 2, operands: ['i32', 'i32', 'i64'], result: 'i32' },
    16: { alignment: 2, operands: ['i32'], result: 'i32' },
    23: { alignment: 2, operands: ['i32', 'i32'] },
    30: atomicChange,
    37: atomicChange,
  },
}

/** Reads the bytes of a module one after the other. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes
    this.at = PREAMBLE.length
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Error('the module ends inside a section')
    return this.bytes[this.at++]
  }

  /** Reads an unsigned number in LEB128. */
  number() {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  /** Skips a number in LEB128, signed or not. */
  skipNumber() {
    while (this.byte() >= 128);
  }
}

/**
 * Returns the instructions of a module's functions that WebAssembly 1.0 does not have, each once,
 * as texts such as `0xfd 228`, in the order of their numbers.
 *
 * @param {Uint8Array} module
 * @returns {string[]}
 * @throws Error for an instruction that is not in this file's table
 */
export function laterInstructions(module) {
  const found = new Map()
  const reader = new Reader(module)
  while (reader.at < module.length) {
    const section = reader.byte()
    const end = reader.number() + reader.at
    if (section === SECTION.code) {
      for (let left = reader.number(); left > 0; left--) readFunction(reader, found)
      if (reader.at !== end) throw new Error('the last function does not end with its section')
    }
    reader.at = end
  }
  const names = [...found.keys()]
  return names.sort((a, b) => found.get(a) - found.get(b))
}

function readFunction(reader, found) {
  const end = reader.number() + reader.at
  for (let groups = reader.number(); groups > 0; groups--) {
    reader.skipNumber()
    reader.byte()
  }
  while (reader.at < end) {
    const first = reader.byte()
    if (first <= LAST_OF_FIRST_VERSION) skipImmediates(reader, first)
    else {
      const number = reader.number()
      const name = `0x${first.toString(16)} ${number}`
      const row = LATER[first]?.[number]
      if (row === undefined)
        throw new Error(`the kernels use the instruction ${name}, which ${import.meta.url} lacks`)
      reader.at += row.immediates?.length ?? 0
      if (row.alignment !== undefined) {
        reader.skipNumber()
        reader.skipNumber()
      }
      found.set(name, first * 65_536 + number)
    }
  }
  if (reader.at !== end) throw new Error('an instruction goes beyond the end of its function')
}

/** Skips the immediate values of an instruction of WebAssembly 1.0. */
function skipImmediates(reader, instruction) {
  if (instruction >= 0x02 && instruction <= 0x04) {
    const type = reader.byte()
    // A number of a type would mean a block with several results.
    if (type !== EMPTY_BLOCK && !Object.values(TYPES).includes(type))
      throw new Error('a block has several results, which not every engine has')
  } else if (instruction === 0x0e) {
    for (let left = reader.number(); left >= 0; left--) reader.skipNumber()
  } else if (instruction === 0x11 || (instruction >= 0x28 && instruction <= 0x3e)) {
    reader.skipNumber()
    reader.skipNumber()
  } else if (instruction === 0x43) reader.at += 4
  else if (instruction === 0x44) reader.at += 8
  else if (instruction === 0x1c) throw new Error('a typed select, which not every engine has')
  else if (ONE_NUMBER.has(instruction)) reader.skipNumber()
}

/** Branches, calls, variables, the size of the memory, and integers. */
const ONE_NUMBER = new Set([0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3f, 0x40, 0x41, 0x42])

/**
 * Returns a module with one function that executes every instruction of
 * {@link laterInstructions} once. An engine that accepts it accepts the module that it was made
 * for, which is a hundred times as large.
 *
 * @param {Uint8Array} module
 * @returns {Uint8Array}
 */
export function probeOf(module) {
  const types = Object.keys(TYPES)
  const body = laterInstructions(module).flatMap((name) => {
    const [first, number] = name.split(' ').map(Number)
    const { immediates = [], alignment, operands, result } = LATER[first][number]
    return [
      ...operands.flatMap((type) => [LOCAL_GET, types.indexOf(type)]),
      first,
      ...numberBytes(number),
      ...immediates,
      ...(alignment === undefined ? [] : [alignment, 0]),
      ...(result === undefined ? [] : [DROP]),
    ]
  })
  // An engine without vectors does not know their type.
  const vectors = laterInstructions(module).some((name) => name.startsWith('0xfd'))
  const locals = Object.values(TYPES).filter((type) => vectors || type !== TYPES.v128)
  const code = [locals.length, ...locals.flatMap((type) => [1, type]), ...body, END]
  return Uint8Array.from([
    ...PREAMBLE,
    ...section(SECTION.types, [1, 0x60, 0, 0]),
    ...section(SECTION.functions, [1, 0]),
    ...section(SECTION.memories, [1, 0, 0]),
    ...section(SECTION.code, [1, ...numberBytes(code.length), ...code]),
  ])
}

function section(id, content) {
  return [id, ...numberBytes(content.length), ...content]
}

/** Returns an unsigned number in LEB128. */
function numberBytes(number) {
  return number < 128 ? [number] : [(number % 128) + 128, ...numberBytes(Math.floor(number / 128))]
}
