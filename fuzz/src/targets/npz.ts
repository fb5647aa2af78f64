import { labelledData, readNpz, writeNpz } from '@mnist-lab/data'
import { unzipSync, type Zippable, zipSync } from 'fflate'
import type { Target } from '../target.js'

const IMAGES = Uint8Array.from({ length: 8 }, (_, at) => at)

/** Returns an array as NumPy saves it. */
function npy(descr: string, shape: string, elements: Uint8Array): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`
  const text = new TextEncoder().encode(header)
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    text.length,
    0,
    ...text,
    ...elements,
  )
}
const zip = (files: Zippable) => zipSync(files, { level: 0 })

/** Archives of NumPy, and the images and labels in them. */
export const target: Target = {
  what: 'archives of NumPy with images and labels',
  format: 'bytes',
  seeds: () => [
    zip({
      'x_train.npy': npy('|u1', '2, 2, 2', IMAGES),
      'y_train.npy': npy('|u1', '2,', Uint8Array.of(1, 0)),
    }),
    zip({ 'images.npy': npy('<f4', '1, 1, 2', IMAGES), 'labels.npy': npy('<i8', '1,', IMAGES) }),
    zipSync({
      'x_test.npy': npy('>i2', '2, 2', IMAGES),
      'y_test.npy': npy('|i1', '2, 1', IMAGES.subarray(0, 2)),
    }),
    zip({ 'arr_0.npy': npy('<u8', '1,', IMAGES) }),
  ],
  words: [
    'PK\u0001\u0002',
    'PK\u0003\u0004',
    'PK\u0005\u0006',
    "'descr': '<f8'",
    "'>i4'",
    "'fortran_order': True",
    'x_train.npy',
    'y_test.npy',
    '__proto__.npy',
    '99999999999',
  ],
  parts: [
    { format: 'bytes', get: firstMember, set: (bytes, content) => withMember(bytes, content) },
  ],
  maxBytes: 4096,
  async run(bytes) {
    const { single, ...sets } = await readNpz(bytes, 'input')
    if (single !== undefined) return single
    const { train } = labelledData('input', sets)
    return readNpz(await writeNpz({ train: { ...train, classes: train.labels } }), 'input')
  },
}

/** The most bytes of the members of an archive that is mutated inside. */
const MAX_MEMBERS = 4096

function members(bytes: Uint8Array): Record<string, Uint8Array> | undefined {
  let total = 0
  try {
    return unzipSync(bytes, { filter: ({ originalSize }) => (total += originalSize) < MAX_MEMBERS })
  } catch {
    // Mutated archives are mostly damaged.
    return undefined
  }
}

function firstMember(bytes: Uint8Array): Uint8Array | undefined {
  return Object.values(members(bytes) ?? {})[0]
}

function withMember(bytes: Uint8Array, content: Uint8Array): Uint8Array {
  const all = members(bytes) ?? {}
  const [first = 'x_train.npy'] = Object.keys(all)
  return zip({ ...all, [first]: content })
}
