import type { InputErrorDetails } from './input-error.js'

// JSON from files and other programs. What is deep overflows the stack of whoever walks it later,
// and what is long takes many times its size in memory, so both are measured before parsing.

/** The most lists and objects that may lie within each other. Our own files need fewer than 10. */
export const MAX_JSON_DEPTH = 64

/** What {@link parseForeignJson} accepts. */
export interface JsonLimits {
  /** The most bytes, or the most UTF-16 units of a text. */
  readonly maxSize: number
  /** As the second argument of `JSON.parse`. */
  readonly reviver?: (key: string, value: unknown) => unknown
  /**
   * Accepts the keys `toString` and `valueOf`, for formats whose keys are names of the user's
   * choice. The caller then compares and prints no value whose type it has not checked.
   * @default false
   */
  readonly anyKeys?: boolean
}

/**
 * The error thrown when a text is not JSON, is too long or is nested too deeply. The caller knows
 * where the text came from and turns it into an error of one line, with `facts` as its middle.
 */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  /** `what` continues a sentence such as "the header is …". */
  readonly facts: Pick<InputErrorDetails, 'expected' | 'got'> & { readonly what: string }

  constructor(facts: JsonError['facts'], cause?: unknown) {
    super(facts.what, { cause })
    this.facts = facts
  }
}

/**
 * Parses JSON that came from outside. It is the only function that does, so that every such text
 * has a limit on its length and on its depth ({@link MAX_JSON_DEPTH}), and no object in it can keep
 * JavaScript from comparing and printing it.
 *
 * @param source a text, or its bytes in UTF-8
 * @throws JsonError when it is not JSON, is beyond a limit, or has such an object
 */
export function parseForeignJson(
  source: string | Uint8Array,
  { maxSize, reviver, anyKeys = false }: JsonLimits,
): unknown {
  if (source.length > maxSize) {
    const unit = typeof source === 'string' ? 'characters' : 'bytes'
    throw new JsonError({
      what: 'too large',
      expected: `at most ${maxSize} ${unit} of JSON`,
      got: String(source.length),
    })
  }
  const text = typeof source === 'string' ? source : decoded(source)
  if (isDeeper(text, MAX_JSON_DEPTH)) {
    throw new JsonError({
      what: 'nested too deeply',
      expected: `at most ${MAX_JSON_DEPTH} lists and objects within each other`,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(text, reviver)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new JsonError({ what: `not JSON (${cause.message})` }, cause)
  }
  const name = anyKeys ? undefined : nameOfConversion(value)
  if (name === undefined) return value
  throw new JsonError({
    what: `wrong, an object in it has the key ${name}`,
    expected: 'other keys',
  })
}

/**
 * The methods that JavaScript calls to compare an object with a number or to put it into a text. An
 * object that has something else of such a name makes both a TypeError, also within libraries: zod
 * compares the key `length` of an object with the most elements of an array.
 */
const CONVERSIONS = ['toString', 'valueOf'] as const

/** Returns the name of such a method that is a key of an object within a value. */
function nameOfConversion(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of CONVERSIONS) if (Object.hasOwn(value, name)) return name
  for (const part of Object.values(value)) {
    const name = nameOfConversion(part)
    if (name !== undefined) return name
  }
  return undefined
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new JsonError({ what: 'not UTF-8 text' }, cause)
  }
}

/**
 * Returns whether more than `depth` brackets are open anywhere in a JSON text. In a text that is
 * not JSON the count may be wrong; parsing then reports the text.
 */
function isDeeper(text: string, depth: number): boolean {
  let open = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case LIST:
      case OBJECT:
        open++
        if (open > depth) return true
        break
      case LIST_END:
      case OBJECT_END:
        open--
        break
    }
  }
  return false
}

/** Returns the index of the quotation mark that ends the string, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LIST = 0x5b
const LIST_END = 0x5d
const OBJECT = 0x7b
const OBJECT_END = 0x7d
