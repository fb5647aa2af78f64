import { JsonError, parseForeignJson, printable } from '@mnist-lab/core'
import { STATE_TENSORS } from '@mnist-lab/backends'
import { z } from 'zod'
import { MAX_TEXT, textSchema as text } from '../../../protocol/text-schema.js'
import type { RemoteAnswers, RemoteRequest } from '../../../remote/messages.js'
import { MAX_REMOTE_ANSWER } from './link.js'

/** Reports that a remote engine failed, or answered something else than it was asked. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
}

const count = z.number().int().nonnegative()
const base64 = z.base64()
const tensors = z.array(base64).max(10_000)

const memorySchema = z.object({
  reservedBytes: count.optional(),
  tensorBytes: count,
  tensors: count,
})

const infoSchema = z.object({
  backend: text,
  variant: z.object({ of: text, options: z.record(text, text) }).optional(),
  versions: z.record(text, text),
  device: text,
  simd: text,
  threads: z.number().int().positive(),
  notes: z.array(text).max(100),
})

/** The schema of each answer. Sizes of tensors are checked where the model is known. */
const ANSWERS = {
  nothing: z.object({}),
  probe: z.object({
    probe: z.discriminatedUnion('ok', [
      z.object({ ok: z.literal(true), detail: text }),
      z.object({ ok: z.literal(false), reason: text, hint: text }),
    ]),
  }),
  open: z.object({ info: infoSchema, memory: memorySchema }),
  compile: z.object({ trainer: count, memory: memorySchema }),
  batch: z.object({}),
  images: z.object({}),
  run: z.object({ losses: base64, correct: z.array(count).max(100_000), memory: memorySchema }),
  predict: z.object({ outputs: base64 }),
  save: z.object({
    state: z.object({
      weights: tensors,
      optimizer: z.object(
        Object.fromEntries(STATE_TENSORS.map((name) => [name, tensors])) as Record<
          (typeof STATE_TENSORS)[number],
          typeof tensors
        >,
      ),
      step: count,
    }),
  }),
  load: z.object({}),
  dispose: z.object({ memory: memorySchema }),
  close: z.object({}),
} as const satisfies Record<keyof RemoteAnswers, z.ZodType>

const failureSchema = z.object({ failed: text })

/** The answer to requests of a type. */
export type CheckedAnswer<Type extends RemoteRequest['type']> = z.infer<(typeof ANSWERS)[Type]>

/**
 * Checks the line that answers a request.
 *
 * @throws RemoteError when the engine says that it failed, or the line is not such an answer
 */
export function checkedAnswer<Type extends RemoteRequest['type']>(
  type: Type,
  line: string,
): CheckedAnswer<Type> {
  const said = parsed(type, line)
  const failure = failureSchema.safeParse(said)
  if (failure.success) throw new RemoteError(failure.data.failed || 'it failed without a reason')
  const answer = ANSWERS[type].safeParse(said)
  if (answer.success) return answer.data as CheckedAnswer<Type>
  const { path, message } = answer.error.issues[0]!
  const what = printable(path.join('.'), MAX_TEXT) || 'form'
  throw new RemoteError(
    `its answer to ${type} has a wrong ${what}: ${printable(message, MAX_TEXT)}`,
  )
}

function parsed(type: string, line: string): unknown {
  try {
    return parseForeignJson(line, { maxSize: MAX_REMOTE_ANSWER })
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new RemoteError(`its answer to ${type} is ${printable(error.facts.what, MAX_TEXT)}`)
  }
}

/**
 * Returns the bytes of a base64 text.
 *
 * @throws RemoteError when there are more or fewer than expected
 */
export function bytesOf(text: string, expected: number, what: string): Uint8Array<ArrayBuffer> {
  // A small buffer of Node.js may begin anywhere. Numbers must begin at a multiple of their size.
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'))
  if (bytes.length === expected) return bytes
  throw new RemoteError(`its ${what} have ${bytes.length} bytes, expected ${expected}`)
}
