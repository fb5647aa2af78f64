import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FOREIGN_KEYS, FOREIGN_TYPES, type ForeignKey } from '../src/foreign-words.js'
import { ModelError, parseModelSpec } from '../src/index.js'
import { type Layer, LAYER_TYPES } from '../src/layers.js'

const TYPES = Object.keys(LAYER_TYPES) as Layer['type'][]
const MODEL_KEYS = ['name', 'inputShape', 'normalization', 'layers']
const SAMPLES: Readonly<Record<string, unknown>> = {
  filters: 6,
  kernelSize: 5,
  units: 10,
  poolSize: 2,
  rate: 0.5,
}

/** A layer with the fields that it must have. */
function layerOf(type: Layer['type']): Record<string, unknown> {
  const fields = Object.keys(LAYER_TYPES[type].fields).filter((field) => field in SAMPLES)
  return { type, ...Object.fromEntries(fields.map((field) => [field, SAMPLES[field]])) }
}

function messageOf(spec: object): string {
  try {
    parseModelSpec(spec, 'a.json')
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    return (error as Error).message
  }
  throw new Error('accepted')
}

const model = { name: 'a', inputShape: [28, 28, 1], layers: [{ type: 'flatten' }] }
const inModel = (keys: object) => messageOf({ ...model, ...keys })
const inLayer = (layer: object) => messageOf({ ...model, layers: [layer] })

/** The types of layers in which a row has a meaning. */
const placesOf = (row: ForeignKey) =>
  row.in === 'model' ? [] : TYPES.filter((type) => row.in?.includes(type) ?? true)
/** What stands in the message about a word of a row. */
const textOf = (row: (typeof FOREIGN_TYPES)[number] | ForeignKey, word: string) =>
  'write' in row
    ? `write "${row.write}" instead of "${word}"`
    : 'remove' in row
      ? `remove "${word}": ${row.remove}`
      : typeof row.advice === 'string'
        ? row.advice
        : row.advice('relu')

describe('a word of another library', () => {
  test.each(FOREIGN_KEYS.map((row) => [row.words[0]!, row] as const))(
    '%s as a key: the error says what to write',
    (_, row) => {
      for (const word of row.words) {
        if (row.in === 'model') expect(inModel({ [word]: 1 })).toContain(`; ${textOf(row, word)}`)
        for (const type of placesOf(row)) {
          // Where several rows have a word, the first one counts.
          const first = FOREIGN_KEYS.find(
            (other) => placesOf(other).includes(type) && other.words.includes(word),
          )!
          const known = ['type', ...Object.keys(LAYER_TYPES[type].fields)]
          if (known.includes(word)) continue
          const message = inLayer({ ...layerOf(type), [word]: 'relu' })
          expect(message).toContain(`a.json at layers[0]: unknown key "${word}"; `)
          expect(message).toContain(textOf(first, word))
        }
      }
    },
  )

  test.each(FOREIGN_TYPES.map((row) => [row.words[0]!, row] as const))(
    '%s as a type: the error says what to write',
    (_, row) => {
      for (const word of row.words) {
        // Some are the name in mnist-lab too.
        if (word in LAYER_TYPES) continue
        expect(inLayer({ type: word })).toContain(`got "${word}"; ${textOf(row, word)}`)
      }
    },
  )

  test('is replaced by one that exists in its place', () => {
    for (const row of FOREIGN_TYPES) if ('write' in row) expect(TYPES).toContain(row.write)
    for (const row of FOREIGN_KEYS) {
      if (!('write' in row)) continue
      if (row.in === 'model') expect(MODEL_KEYS).toContain(row.write)
      for (const type of placesOf(row))
        expect(Object.keys(LAYER_TYPES[type].fields)).toContain(row.write)
    }
  })

  test('is found whatever its capitals and underscores are', () => {
    expect(inLayer({ ...layerOf('dense'), useBias: true })).toContain('remove "useBias"')
    expect(inLayer({ ...layerOf('conv2d'), kernel_size: 5 })).toContain(
      'write "kernelSize" instead of "kernel_size"',
    )
    expect(inLayer({ type: 'averagepooling2d' })).toContain('write "avgPool2d" instead')
  })
})

/** The arguments of the layers' constructors in Keras 3 and PyTorch 2. */
const CONSTRUCTORS: readonly (readonly [Layer['type'], string])[] = [
  [
    'conv2d',
    'strides data_format dilation_rate groups activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer kernel_constraint bias_constraint name trainable dtype',
  ],
  ['conv2d', 'in_channels out_channels kernel_size dilation groups bias padding_mode device dtype'],
  ['maxPool2d', 'pool_size strides padding data_format name trainable dtype'],
  ['maxPool2d', 'kernel_size padding dilation return_indices ceil_mode'],
  ['avgPool2d', 'kernel_size padding ceil_mode count_include_pad divisor_override'],
  [
    'dense',
    'activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer kernel_constraint bias_constraint lora_rank lora_alpha quantization_config input_shape input_dim',
  ],
  ['dense', 'in_features out_features bias device dtype'],
  ['dropout', 'p inplace noise_shape seed name'],
  ['flatten', 'start_dim end_dim data_format input_shape'],
  ['relu', 'inplace name'],
  ['softmax', 'dim axis name'],
]

test.each(CONSTRUCTORS)('every argument of %s elsewhere has an advice: %s', (type, names) => {
  for (const name of names.split(' ')) {
    const message = inLayer({ ...layerOf(type), [name]: 1 })
    expect(message).not.toContain('correct its spelling')
    expect(message).toContain(`unknown key "${name}"; `)
  }
})

test('the wrong name is reported, and not that the right one is missing', () => {
  expect(inLayer({ type: 'conv2d', in_channels: 1, out_channels: 6, kernel_size: 5 })).toBe(
    'a.json at layers[0]: unknown key "in_channels", "out_channels", "kernel_size"; remove "in_channels": it follows from the layer before, and write "filters" instead of "out_channels", and write "kernelSize" instead of "kernel_size"',
  )
  expect(inLayer({ class_name: 'Conv2D', config: { filters: 6 } })).toMatch(
    /layers\[0\]\.type: .*got nothing; write the layer as \{"type": …\}/,
  )
  expect(inModel({ class_name: 'Sequential', config: {}, layers: undefined })).toMatch(
    /^a\.json: unknown key "class_name", "config"; write the model as \{"name": …/,
  )
  expect(inModel({ private: true, inputShape: undefined })).toContain('a.json at inputShape: ')
})

test.each<[unknown, string]>([
  ['relu', 'write the activation as a layer of its own behind this one: {"type": "relu"}'],
  ['ReLU', 'behind this one: {"type": "relu"}'],
  ['softmax', 'behind this one: {"type": "softmax"}'],
  ['sigmoid', 'behind this one, whose type is tanh, relu or softmax'],
  [{ class_name: 'ReLU' }, 'behind this one, whose type is tanh, relu or softmax'],
  ['linear', 'remove "activation"'],
  [null, 'remove "activation"'],
])('the activation %j is a layer of its own', (activation, advice) => {
  expect(inLayer({ ...layerOf('dense'), activation })).toContain(advice)
})

/** Changes one letter of a word: takes it away, doubles it, or replaces it. */
function misspelt(word: string, at: number, how: number, letter: string): string {
  const [before, after] = [word.slice(0, at), word.slice(at + 1)]
  return [before + after, `${before}${word[at]}${word[at]}${after}`, before + letter + after][how]!
}

const places = [
  ...MODEL_KEYS.map((key) => ({ key, say: inModel })),
  ...TYPES.flatMap((type) =>
    Object.keys(LAYER_TYPES[type].fields).map((key) => ({
      key,
      say: (keys: object) => inLayer({ ...layerOf(type), ...keys }),
    })),
  ),
]
const isForeign = (word: string) =>
  FOREIGN_KEYS.some(({ words }) => words.some((other) => other.replace(/_/g, '') === word))

test('a key with one wrong letter is told from the right one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.nat(20),
      fc.nat(2),
      fc.constantFrom('a', 'b', 'c', 'x', 'y', 'z'),
      ({ key, say }, at, how, letter) => {
        const wrong = misspelt(key, at % key.length, how, letter)
        fc.pre(wrong.toLowerCase() !== key.toLowerCase() && !isForeign(wrong.toLowerCase()))
        expect(say({ [wrong]: 1 })).toContain(`; write "${key}" instead of "${wrong}"`)
      },
    ),
  )
})

test('a type with one wrong letter is told from the right one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TYPES),
      fc.nat(20),
      fc.nat(2),
      fc.constantFrom('w', 'x', 'y', 'z'),
      (type, at, how, letter) => {
        const wrong = misspelt(type, at % type.length, how, letter)
        fc.pre(!(wrong in LAYER_TYPES))
        expect(inLayer({ type: wrong })).toContain(`; write "${type}" instead of "${wrong}"`)
      },
    ),
  )
})

test('a key of any length is refused in a short line', () => {
  expect(inModel({ ['x'.repeat(1e6)]: 1 }).length).toBeLessThan(300)
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`no${at}`, 1]))
  expect(inModel(many)).toBe(
    'a.json: unknown key "no0", "no1", "no2", "no3", …; remove it or correct its spelling',
  )
})
