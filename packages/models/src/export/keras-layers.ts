// The layers of a model in the words of Keras, which TensorFlow.js shares.
import { type Layer, type LayerInfo, typeOf } from '../layers.js'
import type { ModelSpec } from '../spec.js'
import { windowOf } from '../window.js'
import type { ModelToExport } from './model-to-export.js'

/** A layer in Keras's words. */
export interface KerasLayer {
  readonly className: string
  readonly config: Readonly<Record<string, unknown>>
  /** The layer of the model whose weights it has. */
  readonly weightsOf?: LayerInfo
}

/**
 * Returns the layers in Keras's words, without the input. A normalisation becomes a Rescaling, and
 * padding that Keras has no word for becomes a ZeroPadding2D.
 */
export function kerasLayers({ infos, normalization }: ModelToExport): readonly KerasLayer[] {
  const layers: KerasLayer[] = infos.flatMap((info) => {
    const { name, layer } = info
    const hasWeights = typeOf(layer).kernelShape !== undefined
    const written = {
      className: CLASSES[layer.type],
      config: { name, ...configOf(info) },
      ...(hasWeights ? { weightsOf: info } : {}),
    }
    if (layer.type !== 'conv2d' || paddingOf(info) !== undefined) return [written]
    const { top, bottom, left, right } = info.window!.padding
    const padding = [
      [top, bottom],
      [left, right],
    ]
    return [{ className: 'ZeroPadding2D', config: { name: `${name}_padding`, padding } }, written]
  })
  if (normalization === undefined) return layers
  const { mean, std } = normalization
  const config = { name: 'rescaling', scale: 1 / std, offset: -mean / std }
  return [{ className: 'Rescaling', config }, ...layers]
}

const CLASSES: Readonly<Record<Layer['type'], string>> = {
  conv2d: 'Conv2D',
  dense: 'Dense',
  avgPool2d: 'AveragePooling2D',
  maxPool2d: 'MaxPooling2D',
  tanh: 'Activation',
  relu: 'Activation',
  dropout: 'Dropout',
  flatten: 'Flatten',
  softmax: 'Activation',
}

function configOf(info: LayerInfo): Readonly<Record<string, unknown>> {
  const { layer, window } = info
  switch (layer.type) {
    case 'conv2d':
      return {
        filters: layer.filters,
        kernel_size: window!.size,
        strides: window!.stride,
        padding: paddingOf(info) ?? 'valid',
        data_format: 'channels_last',
        activation: 'linear',
        use_bias: true,
      }
    case 'dense':
      return { units: layer.units, activation: 'linear', use_bias: true }
    case 'avgPool2d':
    case 'maxPool2d':
      return {
        pool_size: window!.size,
        strides: window!.stride,
        padding: 'valid',
        data_format: 'channels_last',
      }
    case 'dropout':
      return { rate: layer.rate }
    case 'flatten':
      return { data_format: 'channels_last' }
    case 'tanh':
    case 'relu':
    case 'softmax':
      return { activation: layer.type }
  }
}

/** Returns Keras's word for the zeros around an image, or undefined where it has none. */
function paddingOf({ window, inputShape }: LayerInfo): 'valid' | 'same' | undefined {
  const { size, stride, padding } = window!
  const sides = Object.values(padding)
  if (sides.every((side) => side === 0)) return 'valid'
  const image = inputShape as readonly [number, number, number]
  const same = windowOf({ size, stride, padding: 'same' }, [image[0], image[1]]).padding
  return Object.values(same).join() === sides.join() ? 'same' : undefined
}

/** Returns the shape of a batch of inputs. */
export function batchShape({ inputShape }: ModelSpec): readonly (number | null)[] {
  return [null, ...inputShape]
}
