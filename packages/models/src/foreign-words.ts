// The words of Keras, TensorFlow.js and PyTorch for what a ModelSpec says in its own. The two
// tables say what to write instead; they are all that knows of other libraries.
import { distance } from 'fastest-levenshtein'
import { type Layer, LAYER_TYPES } from './layers.js'

/** What a word of another library means in a ModelSpec. */
type Meaning =
  /** The word that a ModelSpec has for it. */
  | { readonly write: string }
  /** Why it has none, behind "remove it:". */
  | { readonly remove: string }
  /** What to do, where neither says it all. */
  | { readonly advice: string | ((value: unknown) => string) }

/** A row of the table of types. */
export type ForeignType = Meaning & { readonly words: readonly string[] }

/** A row of the table of keys. */
export type ForeignKey = Meaning & {
  readonly words: readonly string[]
  /**
   * Where the word has this meaning: in the model, or in layers of these types.
   *
   * @default any layer
   */
  readonly in?: 'model' | readonly Layer['type'][]
}

const POOLINGS: readonly Layer['type'][] = ['avgPool2d', 'maxPool2d']
const INPUT = 'the inputShape of the model says it'
const FOLLOWS = 'it follows from the layer before'
const DRAWN = 'the initial weights are drawn from the seed'
const TRAINING = 'how a model is trained is no part of it'

/** The types of layers. Spelling in capitals and underscores make no difference. */
export const FOREIGN_TYPES: readonly ForeignType[] = [
  { words: ['Conv2D', 'Convolution2D', 'Conv'], write: 'conv2d' },
  { words: ['Dense', 'Linear', 'FullyConnected', 'fc'], write: 'dense' },
  { words: ['MaxPooling2D', 'MaxPool2D', 'MaxPooling', 'MaxPool'], write: 'maxPool2d' },
  { words: ['AveragePooling2D', 'AvgPool2D', 'AveragePooling', 'AvgPool'], write: 'avgPool2d' },
  { words: ['ReLU'], write: 'relu' },
  { words: ['Tanh'], write: 'tanh' },
  { words: ['Softmax', 'LogSoftmax'], write: 'softmax' },
  { words: ['Dropout'], write: 'dropout' },
  { words: ['Flatten'], write: 'flatten' },
  {
    words: ['Activation'],
    advice: 'write the function as the type of the layer, such as {"type": "relu"}',
  },
  { words: ['Input', 'InputLayer'], remove: INPUT },
  {
    words: ['Rescaling', 'Normalization'],
    advice: 'remove the layer and write the "normalization" of the model',
  },
  {
    words: ['ZeroPadding2D', 'ZeroPad2d'],
    advice: 'remove the layer and write the "padding" of the conv2d behind it',
  },
  {
    words: ['GlobalAveragePooling2D', 'AdaptiveAvgPool2d'],
    advice: 'write an avgPool2d whose poolSize is the size of the image, and flatten',
  },
  {
    words: ['GlobalMaxPooling2D', 'AdaptiveMaxPool2d'],
    advice: 'write a maxPool2d whose poolSize is the size of the image, and flatten',
  },
  { words: ['Sequential', 'Functional', 'Model'], advice: 'write its layers one after the other' },
]

/** The keys of a model and of its layers. Capitals and underscores make no difference. */
export const FOREIGN_KEYS: readonly ForeignKey[] = [
  {
    in: 'model',
    words: ['input_shape', 'input_size', 'batch_input_shape', 'batch_shape'],
    write: 'inputShape',
  },
  { in: 'model', words: ['modules', 'model', 'sequential'], write: 'layers' },
  {
    in: 'model',
    words: ['class_name', 'config', 'module', 'registered_name', 'build_config', 'model_config'],
    advice:
      'write the model as {"name": …, "inputShape": …, "layers": […]}, where each layer has its fields beside its type',
  },
  {
    in: 'model',
    words: ['optimizer', 'loss', 'metrics', 'compile_config', 'training_config'],
    remove: TRAINING,
  },
  {
    in: 'model',
    words: ['keras_version', 'backend', 'format', 'generated_by'],
    remove: 'a model has no version',
  },
  {
    in: 'model',
    words: ['classes', 'num_classes', 'output_shape', 'outputs'],
    remove: 'the last layer says it',
  },
  {
    in: 'model',
    words: ['mean', 'std', 'normalize', 'rescale'],
    advice: 'write "normalization": {"mean": …, "std": …}',
  },

  { words: ['activation', 'activation_fn', 'nonlinearity'], advice: activationAdvice },
  { in: ['conv2d', ...POOLINGS], words: ['strides'], write: 'stride' },
  { in: POOLINGS, words: ['pool_size', 'kernel_size', 'window', 'size'], write: 'poolSize' },
  {
    in: POOLINGS,
    words: ['padding', 'pad'],
    remove: 'pooling does not pad, as with "valid"; there is no "same"',
  },
  { in: ['conv2d'], words: ['kernel_size', 'filter_size', 'kernel', 'size'], write: 'kernelSize' },
  {
    in: ['conv2d'],
    words: ['out_channels', 'channels', 'num_filters', 'features'],
    write: 'filters',
  },
  { in: ['conv2d'], words: ['pad', 'pads'], write: 'padding' },
  { in: ['conv2d'], words: ['in_channels'], remove: FOLLOWS },
  {
    in: ['dense'],
    words: ['out_features', 'output_dim', 'features', 'num_units', 'neurons', 'size'],
    write: 'units',
  },
  { in: ['dense'], words: ['in_features', 'input_dim'], remove: FOLLOWS },
  {
    in: ['conv2d', 'dense'],
    words: ['bias', 'use_bias'],
    remove: 'a conv2d and a dense layer always have one',
  },
  { in: ['dropout'], words: ['p', 'prob', 'probability', 'dropout'], write: 'rate' },
  {
    in: ['dropout'],
    words: ['seed', 'noise_shape'],
    remove: 'the elements are drawn from the seed of the training',
  },

  {
    words: ['class_name', 'config', 'module', 'registered_name', 'build_config', 'layer'],
    advice: 'write the layer as {"type": …} with the fields beside the type',
  },
  {
    words: ['input_shape', 'input_dim', 'batch_input_shape', 'batch_shape', 'input_size'],
    remove: INPUT,
  },
  { words: ['name'], remove: 'a layer is named by its type and its number' },
  { words: ['data_format'], remove: 'images are always [height, width, channels]' },
  { words: ['dilation', 'dilation_rate'], remove: 'windows have no gaps, as with 1' },
  { words: ['groups'], remove: 'channels are not grouped, as with 1' },
  { words: ['padding_mode'], remove: 'padding is always with zeros' },
  {
    words: ['kernel_initializer', 'bias_initializer', 'weights', 'lora_rank', 'lora_alpha'],
    remove: DRAWN,
  },
  {
    words: ['kernel_regularizer', 'bias_regularizer', 'activity_regularizer', 'weight_decay'],
    remove: `${TRAINING}; the weight decay is an option of the training`,
  },
  {
    words: ['kernel_constraint', 'bias_constraint', 'trainable'],
    remove: 'all weights are trained freely',
  },
  { words: ['dtype', 'device', 'quantization_config'], remove: 'the backend decides it' },
  {
    words: ['axis', 'dim', 'start_dim', 'end_dim'],
    remove: 'the layer takes all features of an image',
  },
  {
    words: ['inplace', 'return_indices', 'ceil_mode', 'count_include_pad', 'divisor_override'],
    remove: 'the layer has no such choice',
  },
]

function activationAdvice(value: unknown): string {
  if (value === null || value === 'linear') return 'remove "activation": that is the default'
  // The functions of an element are the layers without fields, but for the one that only reshapes.
  const functions = Object.entries(LAYER_TYPES)
    .filter(([, { fields, view }]) => Object.keys(fields).length === 0 && view !== true)
    .map(([type]) => type)
  const type = functions.find((type) => typeof value === 'string' && plain(type) === plain(value))
  const layer = 'write the activation as a layer of its own behind this one'
  return type === undefined
    ? `${layer}, whose type is ${functions.slice(0, -1).join(', ')} or ${functions.at(-1)}`
    : `${layer}: {"type": ${JSON.stringify(type)}}`
}

/**
 * Returns what to do about an unknown key: what another library calls so, or the known key that is
 * spelled almost like it. Without either it is `undefined`.
 *
 * @param place the type of the layer that has the key, or the model
 * @param known the keys that are allowed there
 */
export function adviceOnKey(
  key: string,
  value: unknown,
  place: Layer['type'] | 'model' | undefined,
  known: readonly string[],
): string | undefined {
  const row = FOREIGN_KEYS.find(
    (row) => isIn(row, place) && row.words.some((word) => plain(word) === plain(key)),
  )
  if (row !== undefined) return adviceOf(row, key, value)
  const write = closest(key, known)
  return write === undefined ? undefined : adviceOf({ write }, key, value)
}

/**
 * Returns what to do about an unknown type of a layer, in the same way as {@link adviceOnKey} for
 * keys.
 */
export function adviceOnType(type: string): string | undefined {
  const row = FOREIGN_TYPES.find(({ words }) => words.some((word) => plain(word) === plain(type)))
  if (row !== undefined) return adviceOf(row, type, undefined)
  const write = closest(type, Object.keys(LAYER_TYPES))
  return write === undefined ? undefined : adviceOf({ write }, type, undefined)
}

function isIn(row: ForeignKey, place: Layer['type'] | 'model' | undefined): boolean {
  if (row.in === undefined) return place !== 'model'
  if (row.in === 'model') return place === 'model'
  return place !== undefined && place !== 'model' && row.in.includes(place)
}

function adviceOf(meaning: Meaning, word: string, value: unknown): string {
  const quoted = JSON.stringify(word)
  if ('write' in meaning) return `write ${JSON.stringify(meaning.write)} instead of ${quoted}`
  if ('remove' in meaning) return `remove ${quoted}: ${meaning.remove}`
  return typeof meaning.advice === 'string' ? meaning.advice : meaning.advice(value)
}

/** Returns the word that differs from another in at most a third of its letters, and the least. */
function closest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, far: distance(plain(word), plain(candidate)) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.far - b.far)
  return best?.candidate
}

/** Returns a word without capitals, underscores and hyphens. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}
