import { importModel } from '@mnist-lab/models/import'
import { exportedModels } from '../exported-models.js'
import { checkSameJson, jsonBytes } from '../json-input.js'
import type { Target } from '../target.js'

const seeds = await exportedModels('tfjs')

/** Layers in the words of Keras, as TensorFlow.js and Keras write them. */
export const target: Target = {
  what: 'model.json of TensorFlow.js, whose layers are those of Keras',
  format: 'json',
  seeds: () => [...seeds, jsonBytes(FUNCTIONAL)],
  words: [
    'Conv2D',
    'Dense',
    'MaxPooling2D',
    'AveragePooling2D',
    'GlobalAveragePooling2D',
    'Activation',
    'ReLU',
    'Softmax',
    'Dropout',
    'Flatten',
    'Reshape',
    'Rescaling',
    'ZeroPadding2D',
    'InputLayer',
    'Sequential',
    'Functional',
    'model_config',
    'layers',
    'batch_shape',
    'batch_input_shape',
    'inbound_nodes',
    'keras_history',
    'padding',
    'same',
    'strides',
    'use_bias',
    'activation',
    'tanh',
    'linear',
    'target_shape',
    'scale',
    'offset',
    'pool_size',
    'kernel_size',
    'units',
    'filters',
    'data_format',
    'keepdims',
    'float32',
  ],
  maxBytes: 8192,
  async run(bytes) {
    const { spec } = await importModel(bytes, 'input', {
      fileBeside: async () => new Uint8Array(4 * 64),
    })
    checkSameJson(JSON.parse(JSON.stringify(spec)), spec)
  },
}

const history = (name: string) => [{ args: [{ config: { keras_history: [name, 0, 0] } }] }]

/** A functional model of Keras 3 with every layer that is only read. */
const FUNCTIONAL = {
  modelTopology: {
    class_name: 'Functional',
    config: {
      name: 'f',
      layers: [
        { class_name: 'InputLayer', config: { name: 'a', batch_shape: [null, 16] } },
        {
          class_name: 'Reshape',
          config: { name: 'b', target_shape: [4, 4, 1] },
          inbound_nodes: history('a'),
        },
        { class_name: 'ReLU', config: { name: 'c' }, inbound_nodes: history('b') },
        {
          class_name: 'GlobalAveragePooling2D',
          config: { name: 'd' },
          inbound_nodes: history('c'),
        },
        { class_name: 'Softmax', config: { name: 'e' }, inbound_nodes: [[['d', 0, 0, {}]]] },
      ],
    },
  },
  weightsManifest: [],
}
