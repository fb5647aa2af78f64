import { readSafetensors, writeSafetensors } from '@mnist-lab/models'
import { checkSame } from '../json-input.js'
import { joined } from '../mutations/mutate-bytes.js'
import type { Part, Target } from '../target.js'

/** The JSON header of a safetensors file. Its length is corrected when it is replaced. */
export const HEADER: Part = {
  format: 'json',
  get(bytes) {
    const length = headerBytes(bytes)
    return length === undefined ? undefined : bytes.slice(8, 8 + length)
  },
  set(bytes, header) {
    const size = new Uint8Array(8)
    new DataView(size.buffer).setBigUint64(0, BigInt(header.length), true)
    return joined(size, header, bytes.subarray(8 + (headerBytes(bytes) ?? 0)))
  },
}

function headerBytes(bytes: Uint8Array): number | undefined {
  if (bytes.length < 8) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  return length <= bytes.length - 8 ? Number(length) : undefined
}

const tensor = (name: string, ...shape: number[]) => ({
  name,
  shape,
  data: Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, i) => i / 3,
  ),
})

/** Files of weights. */
export const target: Target = {
  what: 'safetensors files',
  format: 'bytes',
  seeds: () => [
    writeSafetensors([]),
    writeSafetensors([tensor('a', 2, 3), tensor('b', 0), tensor('c')]),
    writeSafetensors([tensor('dense_1/kernel', 4)], { format: 'pt', note: 'é' }),
  ],
  words: ['__metadata__', 'dtype', 'F32', 'F16', 'I64', 'shape', 'data_offsets', '[0,0]'],
  parts: [HEADER],
  maxBytes: 32_768,
  run(bytes) {
    const { tensors, metadata } = readSafetensors(bytes, 'input')
    const again = readSafetensors(writeSafetensors(tensors, metadata), 'input')
    checkSame(
      tensors.map(({ name, shape, data }) => ({ name, shape, data })),
      again.tensors,
    )
    checkSame({ ...metadata }, { ...again.metadata })
  },
}
