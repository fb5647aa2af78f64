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
 * has a limit on its length and on its depth ({@link MAX_JSON_DEPTH}).
 *
 * @param source a text, or its bytes in UTF-8
 * @throws JsonError when it is not JSON, is beyond a limit, or has a member named `toString`
 */
export function parseForeignJson(
  source: string | Uint8Array,
  { maxSize, reviver }: JsonLimits,
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
  const value = parsed(text, reviver)
  // An escape can spell any letter of the name.
  if (/toString|\\u/.test(text) && hasNoText(value))
    throw new JsonError({ what: 'not readable (it has a member named toString)' })
  return value
}

function parsed(text: string, reviver: JsonLimits['reviver']): unknown {
  try {
    return JSON.parse(text, reviver) as unknown
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new JsonError({ what: `not JSON (${cause.message})` }, cause)
  }
}

/**
 * Returns whether an object in a value has a member `toString`. Such an object cannot become a text
 * or a number, and whoever compares it or puts it into a message would throw a TypeError. Schemas
 * do: they compare the `length` of whatever has one.
 */
function hasNoText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, 'toString') || Object.values(value).some(hasNoText)
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
