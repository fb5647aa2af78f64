import { SPEC_KEY } from '../formats/spec-key.js'
import { toPyTorchLayout } from '../pytorch-layout.js'
import { writeSafetensors } from '../safetensors.js'
import type { ExportedFile, ModelToExport } from './model-to-export.js'
import { pythonProgram } from './pytorch-program.js'

/** The name of the file with the weights, which the program loads. */
const WEIGHTS = 'model.safetensors'

/**
 * Returns a model for PyTorch: its `state_dict` as a safetensors file, and `model.py` with the
 * class that it belongs to.
 */
export function toPyTorch(model: ModelToExport): readonly ExportedFile[] {
  const { spec, weights } = model
  const tensors = toPyTorchLayout(spec, weights).map((tensor) => ({
    ...tensor,
    name: tensor.name.replace('/kernel', '.weight').replace('/bias', '.bias'),
  }))
  return [
    {
      name: WEIGHTS,
      bytes: writeSafetensors(tensors, { format: 'pt', [SPEC_KEY]: JSON.stringify(spec) }),
    },
    { name: 'model.py', bytes: new TextEncoder().encode(pythonProgram(model, WEIGHTS)) },
  ]
}
