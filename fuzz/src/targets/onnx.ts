import { exportModel } from '@mnist-lab/models/export'
import { importModel } from '@mnist-lab/models/import'
import { exportedModels } from '../exported-models.js'
import { checkSame } from '../json-input.js'
import type { Target } from '../target.js'

const seeds = await exportedModels('onnx')

/** Models in ONNX files. */
export const target: Target = {
  what: 'ONNX files, as models of other programs',
  format: 'bytes',
  seeds: () => seeds,
  words: [
    'Conv',
    'Gemm',
    'MatMul',
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Relu',
    'Tanh',
    'Softmax',
    'MaxPool',
    'AveragePool',
    'GlobalAveragePool',
    'Flatten',
    'Reshape',
    'Transpose',
    'Squeeze',
    'Identity',
    'Dropout',
    'Constant',
    'Shape',
    'Gather',
    'Concat',
    'Cast',
    'kernel_shape',
    'strides',
    'pads',
    'dilations',
    'auto_pad',
    'SAME_UPPER',
    'group',
    'ceil_mode',
    'transB',
    'axis',
    'perm',
    'value',
    'pixels',
    'ai.onnx',
  ],
  maxBytes: 4096,
  async run(bytes) {
    const { format, spec, weights } = await importModel(bytes, 'input')
    if (format !== 'onnx') return
    const [file] = await exportModel(spec, weights, { to: 'onnx' })
    const again = await importModel(file!.bytes, 'input')
    checkSame(
      weights.map(({ data }) => data),
      again.weights.map(({ data }) => data),
    )
  },
}
