import { z } from 'zod'
import { ModelError } from './model-error.js'
import type { ModelSpec } from './spec.js'

// Every `error` is the text behind "expected" in the message.
const atLeast1 = { error: 'an integer ≥ 1' }
const positive = z.int(atLeast1).min(1, atLeast1)
const pair = z.union([positive, z.tuple([positive, positive])], {
  error: 'an integer ≥ 1 or a pair [height, width]',
})
const paddings = { error: "'valid', 'same' or an integer ≥ 0" }
const padding = z.union([z.enum(['valid', 'same']), z.int(paddings).min(0, paddings)], paddings)
const rates = { error: 'a number from 0 to below 1' }
const rate = z.number(rates).min(0, rates).lt(1, rates)

const layer = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('conv2d'),
      filters: positive,
      kernelSize: pair,
      stride: pair.exactOptional(),
      padding: padding.exactOptional(),
    }),
    z.strictObject({ type: z.literal('dense'), units: positive }),
    z.strictObject({
      type: z.enum(['avgPool2d', 'maxPool2d']),
      poolSize: pair,
      stride: pair.exactOptional(),
    }),
    z.strictObject({ type: z.enum(['tanh', 'relu']) }),
    z.strictObject({ type: z.literal('dropout'), rate }),
    z.strictObject({ type: z.literal('flatten') }),
    z.strictObject({ type: z.literal('softmax') }),
  ],
  { error: 'conv2d, dense, avgPool2d, maxPool2d, tanh, relu, dropout, flatten or softmax' },
)

const finite = z.number({ error: 'a finite number' })
const modelSpec: z.ZodType<ModelSpec> = z.strictObject({
  name: z.string({ error: 'a name' }).min(1, { error: 'a name' }),
  inputShape: z.tuple([positive, positive, positive], { error: '[height, width, channels]' }),
  normalization: z
    .strictObject({ mean: finite, std: finite.gt(0, { error: 'a number above 0' }) })
    .exactOptional(),
  layers: z.array(layer, { error: 'a list of layers' }).min(1, { error: 'at least one layer' }),
})

/**
 * Keys, types and ranges; whether the layers' shapes fit each other is for `inferShapes` to say.
 *
 * @throws ModelError naming the path of the first problem
 */
export function parseSpecValues(json: unknown, where: string): ModelSpec {
  const result = modelSpec.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .slice(1)
  const place = path === '' ? where : `${where} at ${path}`
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => JSON.stringify(key)).join(', ')
    throw new ModelError({
      where: place,
      what: `unknown key ${keys}`,
      hint: 'remove it or correct its spelling',
    })
  }
  throw new ModelError({
    where: place,
    expected:
      issue.code === 'invalid_type' && issue.expected === 'object' ? 'an object' : issue.message,
    got: describe(valueAt(json, issue.path)),
    hint: 'correct it',
  })
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    json,
  )
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
