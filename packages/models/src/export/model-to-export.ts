import { sizeOf } from '@mnist-lab/core'
import type { LayerInfo } from '../layers.js'
import { inferShapes, type ModelSpec, type Normalization } from '../spec.js'
import { checkWeights, type NamedTensor, type Weights } from '../weights.js'

/** A file that an export consists of. */
export interface ExportedFile {
  /** The name of the file, without a folder. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** A model whose weights have been checked. */
export interface ModelToExport {
  readonly spec: ModelSpec
  readonly weights: Weights
  readonly infos: readonly LayerInfo[]
  /** Absent where the pixels are taken as they are. */
  readonly normalization?: Normalization
}

/** Returns what every format needs of a model. @throws ModelError when the weights do not fit */
export function modelToExport(spec: ModelSpec, weights: Weights): ModelToExport {
  checkWeights(spec, weights)
  const { mean, std } = spec.normalization ?? { mean: 0, std: 1 }
  return {
    spec,
    weights,
    infos: inferShapes(spec),
    ...(mean === 0 && std === 1 ? {} : { normalization: { mean, std } }),
  }
}

/** Returns the kernel and the bias of a layer. */
export function parametersOf(
  { name }: Pick<LayerInfo, 'name'>,
  weights: readonly NamedTensor[],
): readonly [kernel: NamedTensor, bias: NamedTensor] {
  const tensor = (parameter: string) =>
    weights.find((tensor) => tensor.name === `${name}/${parameter}`)!
  return [tensor('kernel'), tensor('bias')]
}

/**
 * Returns whether a layer is a flatten that puts its features into an order that shows: that of
 * [height, width, channels] differs from [channels, height, width], and no dense layer follows
 * whose kernel can be permuted instead.
 */
export function showsOrder(infos: readonly LayerInfo[], at: number): boolean {
  if (infos[at]!.layer.type !== 'flatten') return false
  const [height, width, channels] = infos[at]!.inputShape as readonly [number, number, number]
  const follows = infos.slice(at).some(({ layer }) => layer.type === 'dense')
  return !follows && channels > 1 && sizeOf([height, width]) > 1
}
