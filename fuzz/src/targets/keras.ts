import { importModel } from '@mnist-lab/models/import'
import { unzipSync, zipSync } from 'fflate'
import { exportedModels } from '../exported-models.js'
import type { Part, Target } from '../target.js'

const seeds = await exportedModels('keras')

/** A file in the archive. */
function part(name: string, format: Part['format']): Part {
  return {
    format,
    get: (bytes) => filesOf(bytes)?.[name],
    set: (bytes, content) => zipSync({ ...filesOf(bytes), [name]: content }, { level: 0 }),
  }
}

function filesOf(bytes: Uint8Array): Record<string, Uint8Array> | undefined {
  try {
    return unzipSync(bytes)
  } catch {
    return undefined
  }
}

/** Models of Keras 3: an archive with the layers as JSON, and the weights as HDF5. */
export const target: Target = {
  what: '.keras files of Keras 3',
  format: 'bytes',
  seeds: () => seeds,
  words: ['PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006', 'OHDR', 'TREE', 'SNOD', 'HEAP'],
  parts: [part('config.json', 'json'), part('model.weights.h5', 'bytes')],
  maxBytes: 16_384,
  // A file in HDF5 can declare a dataset of any size, and the library reserves memory by itself.
  maxMegabytes: 512,
  run: (bytes) => importModel(bytes, 'input'),
}
