/** What the mutations take some bytes for. */
export type Format = 'bytes' | 'json'

/** A place inside an input that is also mutated on its own, such as what a gzip file holds. */
export interface Part {
  readonly format: Format
  /** Returns the content of the place, or undefined where the input has no such place. */
  readonly get: (bytes: Uint8Array) => Uint8Array | undefined
  /** Returns the input with another content at the place. */
  readonly set: (bytes: Uint8Array, content: Uint8Array) => Uint8Array
}

/** Something that reads bytes from outside. Each file in `targets/` exports one as `target`. */
export interface Target {
  /** One sentence for the help text. */
  readonly what: string
  readonly format: Format
  /** Returns the inputs to begin with. They are small, because small inputs run fast. */
  readonly seeds: () => readonly Uint8Array[]
  /** Words of the format, which mutations put into inputs. */
  readonly words?: readonly (string | Uint8Array)[]
  readonly parts?: readonly Part[]
  /** Returns the bytes with correct checksums and lengths; most mutated inputs go through it. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array
  /** The longest input that is made. @default 65,536 */
  readonly maxBytes?: number
  /** How much memory one input may take, in MB of 2²⁰ bytes. @default 128 */
  readonly maxMegabytes?: number
  /**
   * Reads the bytes as the product does. An InputError is a proper answer to a wrong input.
   *
   * @throws BrokenLaw when what was read contradicts itself, such as a value that is not read back
   *   after it was written
   */
  readonly run: (bytes: Uint8Array) => unknown
}

/** The longest input that a target gets unless it says otherwise. */
export const MAX_INPUT_BYTES = 2 ** 16
/** The memory that one input may take unless a target says otherwise, in MB of 2²⁰ bytes. */
export const MAX_MEGABYTES = 128

/** Says that something that must hold for every input does not hold for this one. */
export class BrokenLaw extends Error {
  override readonly name = 'BrokenLaw'

  /** @param kind whether it is a law of the parser, or that of messages to the user */
  constructor(
    message: string,
    readonly kind: 'law' | 'message' = 'law',
  ) {
    super(message)
  }
}
