import { MAX_CLASSES, sizeOf } from '@mnist-lab/core'
import * as z from 'zod/mini'
import { adviceOnKey, adviceOnType } from './foreign-words.js'
import {
  type Layer,
  LAYER_TYPES,
  type LayerInfo,
  positive,
  type Shape,
  shapeText,
  typeOf,
} from './layers.js'
import { MAX_ACTIVATIONS, MAX_ELEMENTS, MAX_LAYERS, MAX_PARAMETERS } from './limits.js'
import { ModelError } from './model-error.js'

/** A network as plain data, which can be written as JSON. Everything else is derived from it. */
export interface ModelSpec {
  readonly name: string
  /** [height, width, channels] */
  readonly inputShape: readonly [number, number, number]
  /** @default { mean: 0, std: 1 } */
  readonly normalization?: Normalization
  readonly layers: readonly Layer[]
}

/** Says how a pixel byte p is normalised before the first layer: (p / 255 − mean) / std. */
export interface Normalization {
  readonly mean: number
  readonly std: number
}

/**
 * Returns the normalised value of each pixel byte p: (p / 255 − mean) / std, rounded to float32
 * after every operation, as the arithmetic of float32 tensors does.
 *
 * @param normalization @default { mean: 0, std: 1 }
 * @returns 256 values
 */
export function normalizationTable(
  normalization: Normalization = { mean: 0, std: 1 },
): Float32Array {
  const mean = Math.fround(normalization.mean)
  const std = Math.fround(normalization.std)
  // The array rounds the last operation.
  return Float32Array.from(
    { length: 256 },
    (_, pixel) => Math.fround(Math.fround(pixel / 255) - mean) / std,
  )
}

/**
 * Checks that JSON is a model, and returns it. It checks keys, types, ranges, and that the shapes
 * fit each other.
 *
 * @param where what the JSON is, for the error: a file's name
 * @throws ModelError naming the first problem
 */
export function parseModelSpec(json: unknown, where: string): ModelSpec {
  const spec = parseValues(json, where)
  inferShapes(spec)
  return spec
}

/**
 * Returns every layer's name, shapes and window.
 *
 * @throws ModelError naming the first layer that does not fit
 */
export function inferShapes(spec: ModelSpec): readonly LayerInfo[] {
  parseValues(spec, typeof spec.name === 'string' && spec.name !== '' ? spec.name : 'model')
  const counts = new Map<string, number>()
  let shape: Shape = spec.inputShape
  const infos = spec.layers.map((layer, index) => {
    const type = typeOf(layer)
    const count = (counts.get(type.name) ?? 0) + 1
    counts.set(type.name, count)
    const name = `${type.name}_${count}`
    const where = `${spec.name} layer ${index + 1} (${name})`
    if (type.lastOnly && index !== spec.layers.length - 1) {
      throw new ModelError({
        where,
        what: `${layer.type} is allowed as the last layer only`,
        hint: 'move it to the end',
      })
    }
    const info: LayerInfo = { name, layer, inputShape: shape, ...type.shape(layer, shape, where) }
    checkSize(info, where)
    shape = info.outputShape
    return info
  })
  if (shape.length !== 1) {
    throw new ModelError({
      where: spec.name,
      what: "the last layer's output is not a list of classes",
      expected: '[classes]',
      got: shapeText(shape),
      hint: 'add flatten and dense at the end',
    })
  }
  if (shape[0]! > MAX_CLASSES) {
    throw new ModelError({
      where: spec.name,
      what: 'too many outputs',
      expected: `at most ${MAX_CLASSES}, one for each class`,
      got: String(shape[0]),
      hint: 'make the last layer smaller',
    })
  }
  checkTotals(spec, infos)
  return infos
}

function checkSize({ layer, inputShape, outputShape }: LayerInfo, where: string): void {
  const kernel = sizeOf(typeOf(layer).kernelShape?.(layer, inputShape) ?? [0])
  const largest = Math.max(kernel, sizeOf(outputShape))
  if (largest > MAX_ELEMENTS) {
    throw new ModelError({
      where,
      what: 'too large',
      expected: `at most ${MAX_ELEMENTS} numbers`,
      got: String(largest),
      hint: 'make it smaller',
    })
  }
}

/** Checks the model as a whole, because many layers of an allowed size can be too much together. */
function checkTotals({ name, inputShape }: ModelSpec, infos: readonly LayerInfo[]): void {
  let weights = 0
  let activations = sizeOf(inputShape)
  for (const { layer, inputShape: input, outputShape } of infos) {
    const type = typeOf(layer)
    const kernel = type.kernelShape?.(layer, input)
    if (kernel !== undefined) weights += sizeOf(kernel) + outputShape.at(-1)!
    if (type.view !== true) activations += sizeOf(outputShape)
  }
  const totals = [
    ['weights', weights, MAX_PARAMETERS],
    ['numbers in its input and all outputs', activations, MAX_ACTIVATIONS],
  ] as const
  for (const [what, total, most] of totals) {
    if (total <= most) continue
    throw new ModelError({
      where: name,
      what: 'the model is too large',
      expected: `at most ${most} ${what}`,
      got: String(total),
      hint: 'make its layers smaller, or leave some out',
    })
  }
}

const types = Object.keys(LAYER_TYPES) as Layer['type'][]
const [first, ...rest] = types.map((type) =>
  z.strictObject({ type: z.literal(type), ...LAYER_TYPES[type].fields }),
)
const layers = z.discriminatedUnion('type', [first!, ...rest], {
  error: `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`,
})

/** An error names so many unknown keys, and says what to write instead. */
const MOST_KEYS = 4
/** The hint on a key about which nothing is known. */
const CORRECT_KEY = 'remove it or correct its spelling'

// Every `error` is the text behind "expected" in the message.
const finite = z.number({ error: 'a finite number' })
const modelSpec = z.strictObject({
  name: z.string({ error: 'a name' }).check(z.minLength(1, { error: 'a name' })),
  inputShape: z.tuple([positive, positive, positive], { error: '[height, width, channels]' }),
  normalization: z.exactOptional(
    z.strictObject({ mean: finite, std: finite.check(z.gt(0, { error: 'a number above 0' })) }),
  ),
  layers: z
    .array(layers, { error: 'a list of layers' })
    .check(
      z.minLength(1, { error: 'at least one layer' }),
      z.maxLength(MAX_LAYERS, { error: `at most ${MAX_LAYERS} layers` }),
    ),
})

/**
 * Checks keys, types and ranges. {@link inferShapes} checks that the layers' shapes fit each other.
 *
 * @throws ModelError naming the path of the first problem
 */
function parseValues(json: unknown, where: string): ModelSpec {
  const result = modelSpec.safeParse(json)
  if (result.success) return result.data as ModelSpec
  const issue = firstIssue(result.error.issues, json)
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .slice(1)
  const place = path === '' ? where : `${where} at ${path}`
  if (issue.code === 'unrecognized_keys') {
    throw new ModelError({
      where: place,
      what: `unknown key ${issue.keys.slice(0, MOST_KEYS).map(valueText).join(', ')}${issue.keys.length > MOST_KEYS ? ', …' : ''}`,
      hint: hintOnKeys(issue.keys, json, issue.path),
    })
  }
  throw new ModelError({
    where: place,
    expected:
      issue.code === 'invalid_type' && issue.expected === 'object' ? 'an object' : issue.message,
    got: valueText(valueAt(json, issue.path)),
    hint: hintOnType(json, issue.path) ?? 'correct it',
  })
}

/**
 * Returns the issue to report: the first one, or the unknown keys beside it if there is an advice
 * on them. A key with another name is the reason why the key of the right name is missing.
 */
function firstIssue(issues: readonly z.core.$ZodIssue[], json: unknown): z.core.$ZodIssue {
  const [first] = issues
  const parent = first!.path.slice(0, -1).join()
  const unknown = issues.find(
    (issue) =>
      issue.code === 'unrecognized_keys' &&
      issue.path.join() === parent &&
      hintOnKeys(issue.keys, json, issue.path) !== CORRECT_KEY,
  )
  return unknown ?? first!
}

/** Returns what to do about keys that the object at a path does not have. */
function hintOnKeys(keys: readonly string[], json: unknown, path: readonly PropertyKey[]): string {
  const object = valueAt(json, path) as Readonly<Record<string, unknown>>
  const isLayer = path.length === 2 && path[0] === 'layers'
  const type = isLayer ? (object['type'] as Layer['type']) : undefined
  const known =
    type !== undefined
      ? ['type', ...Object.keys(LAYER_TYPES[type].fields)]
      : path.length === 0
        ? Object.keys(modelSpec.shape)
        : ['mean', 'std']
  const advice = keys
    .slice(0, MOST_KEYS)
    .map((key) => [key, adviceOnKey(key, object[key], path.length === 0 ? 'model' : type, known)])
  if (advice.every(([, text]) => text === undefined)) return CORRECT_KEY
  const texts = advice.map(
    ([key, text]) => text ?? `remove ${valueText(key)} or correct its spelling`,
  )
  return [...new Set(texts)].join(', and ')
}

/** Returns what to do about the type of a layer, if the path leads to one. */
function hintOnType(json: unknown, path: readonly PropertyKey[]): string | undefined {
  if (path.length !== 3 || path[2] !== 'type') return undefined
  const type = valueAt(json, path)
  if (typeof type === 'string') return adviceOnType(type)
  const layer = valueAt(json, path.slice(0, 2)) as Readonly<Record<string, unknown>>
  const name = layer['class_name']
  return typeof name === 'string' ? adviceOnKey('class_name', name, undefined, []) : undefined
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    json,
  )
}

/** The most elements that an error shows of a list. */
const SHOWN = 20

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing'
  // What lies deeper is not shown, because walking it could overflow the stack.
  if (Array.isArray(value) && (value.length > SHOWN || value.some(isObject)))
    return `a list of ${value.length}`
  if (isObject(value) && !Array.isArray(value)) return 'an object'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
