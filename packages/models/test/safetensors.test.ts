import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  initialWeights,
  lenet5,
  ModelError,
  type NamedTensor,
  readSafetensors,
  writeSafetensors,
} from '../src/index.js'
import { MAX_TENSORS } from '../src/limits.js'

/** A file with this header and body, whatever they hold. */
function file(
  header: string,
  body: readonly number[] = [],
  headerBytes = header.length,
): Uint8Array {
  const bytes = new Uint8Array([
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...new TextEncoder().encode(header),
    ...body,
  ])
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true)
  return bytes
}

function messageOf(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, 'w.safetensors')
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    return (error as Error).message
  }
  throw new Error('accepted')
}

const one = [0, 0, 0x80, 0x3f]
const damaged = 'the file is damaged or is not a safetensors file; save or fetch it again'

const anyTensors: fc.Arbitrary<NamedTensor[]> = fc
  .uniqueArray(
    fc.tuple(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    ),
    { selector: ([name]) => name, maxLength: 5 },
  )
  .filter((pairs) => pairs.every(([name]) => name !== '__metadata__'))
  .chain((pairs) =>
    fc.tuple(
      ...pairs.map(([name, shape]) => {
        const length = shape.reduce((product, size) => product * size, 1)
        return fc
          .float32Array({ minLength: length, maxLength: length })
          .map((data): NamedTensor => ({ name, shape, data }))
      }),
    ),
  )

const byName = (tensors: readonly NamedTensor[]) =>
  new Map(tensors.map((tensor) => [tensor.name, tensor]))

describe('safetensors', () => {
  it('are written byte for byte as the format says', () => {
    const bytes = writeSafetensors([{ name: 'a', shape: [1], data: new Float32Array([1]) }], {
      k: 'v',
    })
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    expect(bytes).toEqual(file(header + ' '.repeat(-header.length & 7), one))
  })

  it('keep order, shapes and values of a model', () => {
    const weights = initialWeights(lenet5(), { seed: 1, scheme: 'pytorch' })
    const metadata = { format: 'keras', seed: '1' }
    expect(readSafetensors(writeSafetensors(weights, metadata), 'w')).toEqual({
      tensors: weights,
      metadata,
    })
  })

  it('read back as written, with any names, shapes and bits', () => {
    fc.assert(
      fc.property(anyTensors, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
        const result = readSafetensors(writeSafetensors(tensors, metadata), 'w')
        expect(byName(result.tensors)).toEqual(byName(tensors))
        expect(new Map(Object.entries(result.metadata))).toEqual(new Map(Object.entries(metadata)))
      }),
      {
        examples: [
          [
            ['toString', 'valueOf'].map((name) => ({
              name,
              shape: [],
              data: Float32Array.of(1),
            })),
            { toString: 'a' },
          ],
        ],
      },
    )
  })

  it('are the same bytes for the same content', () => {
    const tensors = initialWeights(lenet5(), { seed: 1, scheme: 'he' })
    expect(writeSafetensors(tensors, { a: '1', b: '2' })).toEqual(
      writeSafetensors(tensors, { b: '2', a: '1' }),
    )
  })

  it('are read where neither the file nor its tensors are aligned', () => {
    const bytes = file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', one)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const { tensors } = readSafetensors(shifted.subarray(3), 'w')
    expect(tensors).toEqual([{ name: 'a', shape: [], data: new Float32Array([1]) }])
  })

  it('come in the order of their bytes', () => {
    const field = (begin: number) =>
      `{"dtype":"F32","shape":[1],"data_offsets":[${begin},${begin + 4}]}`
    const bytes = file(`{"b":${field(4)},"a":${field(0)}}`, [...one, 0, 0, 0, 0])
    expect(readSafetensors(bytes, 'w').tensors.map(({ name, data }) => [name, data[0]])).toEqual([
      ['a', 1],
      ['b', 0],
    ])
  })

  it('may hold nothing', () => {
    expect(readSafetensors(writeSafetensors([]), 'w')).toEqual({ tensors: [], metadata: {} })
  })

  const tensor = (dtype: string, shape: string, offsets: string) =>
    `{"a":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`
  it.each<[string, Uint8Array, string]>([
    [
      'an empty file',
      new Uint8Array(0),
      `the file is too short for a header, expected at least 8 bytes, got 0; ${damaged}`,
    ],
    [
      'a huge header',
      file('{}', [], 100_000_001),
      `the header is too long, expected at most 100000000 bytes, got 100000001; ${damaged}`,
    ],
    [
      'a cut header',
      file('{}', [], 3),
      `the header is truncated, expected 11 bytes, got 10; ${damaged}`,
    ],
    ['an empty header', file(''), `the header is not a JSON object; ${damaged}`],
    ['a space before the header', file(' {}'), `the header is not a JSON object; ${damaged}`],
    ['broken UTF-8', file('{', [0xff, 0x7d], 3), `the header is not UTF-8 text; ${damaged}`],
    [
      'a deep header',
      file(`{"__metadata__":${'['.repeat(64)}${']'.repeat(64)}}`),
      `the header is nested too deeply, expected at most 64 lists and objects within each other; ${damaged}`,
    ],
    [
      'many tensors',
      file(`{${Array.from({ length: MAX_TENSORS + 1 }, (_, at) => `"${at}":0`).join()}}`),
      `the file has too many tensors, expected at most 10000, got 10001; ${damaged}`,
    ],
    [
      'many dimensions',
      file(tensor('F32', '[1,1,1,1,1,1,1,1,1]', '[0,4]'), one),
      `tensor a has too many dimensions, expected at most 8, got 9; ${damaged}`,
    ],
    [
      'sizes whose product overflows',
      file(tensor('F32', `[${Array.from({ length: 8 }, () => 2 ** 53 - 1).join()}]`, '[0,4]'), one),
      `tensor a has another length than its shape, expected 1.7329185588255077e+128 bytes, got 4; ${damaged}`,
    ],
    [
      'metadata of numbers',
      file('{"__metadata__":{"a":1}}'),
      `__metadata__ is wrong, expected an object of strings; ${damaged}`,
    ],
    [
      'a list as tensor',
      file('{"a":[]}'),
      `the description of tensor a is wrong, expected an object; ${damaged}`,
    ],
    [
      'half floats',
      file(tensor('F16', '[2]', '[0,4]'), one),
      'tensor a is of another type, expected F32, got "F16"; convert it to float32 first',
    ],
    [
      'a missing type',
      file('{"a":{}}'),
      'tensor a is of another type, expected F32, got none; convert it to float32 first',
    ],
    [
      'a negative size',
      file(tensor('F32', '[-1]', '[0,4]'), one),
      `tensor a has no valid shape, expected a list of sizes; ${damaged}`,
    ],
    [
      'one offset',
      file(tensor('F32', '[1]', '[0]'), one),
      `tensor a has no valid data_offsets, expected [begin, end]; ${damaged}`,
    ],
    [
      'a length that disagrees',
      file(tensor('F32', '[2]', '[0,4]'), one),
      `tensor a has another length than its shape, expected 8 bytes, got 4; ${damaged}`,
    ],
    [
      'a hole',
      file(tensor('F32', '[1]', '[4,8]'), [...one, ...one]),
      `tensor a starts in the wrong place, expected offset 0, got 4; ${damaged}`,
    ],
    [
      'a cut body',
      file(tensor('F32', '[1]', '[0,4]'), [0, 0]),
      `the file is truncated, expected 66 bytes, got 64; ${damaged}`,
    ],
    [
      'a long body',
      file(tensor('F32', '[1]', '[0,4]'), [...one, 0]),
      `there are bytes behind the last tensor, expected 66 bytes, got 67; ${damaged}`,
    ],
  ])('refuse %s', (_, bytes, message) => {
    expect(messageOf(bytes)).toBe(`w.safetensors: ${message}`)
  })

  it('refuse broken JSON', () => {
    expect(messageOf(file('{"a":'))).toMatch(/: the header is not JSON \(.*\); the file is damaged/)
  })

  it('refuse overlapping tensors', () => {
    const field = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    expect(messageOf(file(`{"a":${field},"b":${field}}`, one))).toContain(
      'tensor b starts in the wrong place',
    )
  })

  const matrix = { name: 'a/kernel', shape: [2, 3], data: new Float32Array(6).fill(0.5) }
  const small = writeSafetensors([matrix], { seed: '1' })

  it('are refused at every shorter length', () => {
    for (let length = 0; length < small.length; length++) {
      expect(messageOf(small.subarray(0, length))).not.toContain('\n')
    }
  })

  it('with any damage are read, or refused with a ModelError in one line', () => {
    const change = fc.tuple(fc.nat({ max: small.length - 1 }), fc.nat({ max: 255 }))
    const damage = fc.array(change, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = small.slice()
        for (const [at, value] of changes) bytes[at] = value
        try {
          readSafetensors(bytes, 'w')
        } catch (error) {
          expect(error).toBeInstanceOf(ModelError)
          expect((error as Error).message).not.toContain('\n')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('are not written with a name twice, a reserved name, or a length that disagrees', () => {
    const a = { name: 'a', shape: [1], data: new Float32Array(1) }
    expect(() => writeSafetensors([a, a])).toThrow(
      'tensor a: the name is already used or is reserved',
    )
    expect(() => writeSafetensors([{ ...a, name: '__metadata__' }])).toThrow(
      'tensor __metadata__: the name is already used or is reserved',
    )
    expect(() => writeSafetensors([{ ...a, shape: [2] }])).toThrow(
      'tensor a: expected 2 numbers for shape [2], got 1',
    )
  })
})

it('reads a Node.js Buffer, whose slice shares memory, and one at an odd offset', () => {
  const data = Float32Array.of(1, -2, 3.5)
  const file = writeSafetensors([{ name: 'a', shape: [3], data }])
  const pool = Buffer.alloc(file.length + 9)
  pool.set(file, 9)
  const [tensor] = readSafetensors(pool.subarray(9), 'pool').tensors
  pool.fill(0)
  expect(tensor!.data).toEqual(data)
})
