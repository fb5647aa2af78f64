// Exports and imports run in a page too: the libraries of HDF5, of archives and of protocol buffers
// come with them.
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { type ExportFormat, exportModel } from '@mnist-lab/models/export'
import { importModel } from '@mnist-lab/models/import'
import { expect, test } from 'vitest'

test.each<ExportFormat>(['onnx', 'keras', 'tfjs', 'pytorch', 'safetensors'])(
  'a model comes back from %s in Chromium',
  async (to) => {
    const spec = lenet5()
    const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
    const files = await exportModel(spec, weights, { to })
    const again = await importModel(files[0]!.bytes, 'file', {
      fileBeside: async (name) => files.find((file) => file.name === name)!.bytes,
    })
    expect(again.spec).toEqual(spec)
    expect(again.weights.map(({ data }) => data.join())).toEqual(
      weights.map(({ data }) => data.join()),
    )
  },
)
