/**
 * What a thread executes, see `assembly/program.ts`: a header, and commands. `block` stands for two words, the first block's address
 * and the bytes from one block to the next; or the first thread's, and one more than the bytes from one thread to the next; or the first
 * piece's, and two more than the bytes from one piece to the next.
 */
const COMMANDS = {
  loadImages: ['block', 1, 'block', 5],
  convForward: ['block', 4, 'block', 10],
  avgPoolForward: ['block', 2, 'block', 9],
  maxPoolForward: ['block', 2, 'block', 9],
  tanhInPlace: ['block', 1],
  reluInPlace: ['block', 1],
  copy: ['block', 'block', 1],
  dropoutMask: ['block', 5],
  multiplyInto: ['block', 'block', 2, 'block', 3],
  crossEntropy: ['block', 'block', 'block', 'block', 'block', 2],
  deinterleave: ['block', 'block', 1],
  tanhBackward: ['block', 2, 'block', 3],
  reluBackward: ['block', 2, 'block', 3],
  avgPoolBackward: ['block', 'block', 9],
  maxPoolBackward: ['block', 2, 'block', 'block', 9],
  convBackwardData: ['block', 1, 'block', 12],
  transposeGradient: ['block', 'block', 3],
  convUpdate: [17],
  denseUpdate: [9],
  biasUpdate: [5],
  winogradForward: ['block', 2, 'block', 2, 'block', 4],
  winogradBackward: ['block', 'block', 'block', 1, 'block', 'block', 9],
  winogradUpdate: [12],
  winogradFilter: [5],
  winogradInput: ['block', 2, 'block', 'block', 3],
  sparseForward: ['block', 5, 'block', 'block', 2],
  sparseUpdate: [11],
  sumRows: [5],
  tanhAvgPoolForward: ['block', 2, 'block', 5],
  tanhAvgPoolBackward: ['block', 2, 'block', 'block', 3],
} as const

export type CommandName = keyof typeof COMMANDS

/** A command's first word is its place here. */
export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[]

/** The most pieces that a batch's blocks are cut into; a thread takes a piece at a time. */
export const MOST_PIECES = 16

/** Words of every command. */
export const COMMAND_WORDS = 24

/** A command as it stands in memory, up to {@link COMMAND_WORDS} words. */
export type Command = readonly number[]

/** @throws RangeError for a wrong number of words: a bug of the caller's */
export function command(name: CommandName, ...words: readonly number[]): Command {
  const expected = COMMANDS[name].reduce<number>(
    (sum, part) => sum + (part === 'block' ? 2 : part),
    0,
  )
  if (words.length !== expected)
    throw new RangeError(`${name} takes ${expected} words, got ${words.length}`)
  return [COMMAND_NAMES.indexOf(name), ...words]
}

/** The bits of a float32 as a word. */
export function floatWord(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!
}

/** The header's words. What is counted is 0 before a pass. */
export const HEADER = {
  samples: 0,
  blocks: 1,
  step: 2,
  key0: 3,
  key1: 4,
  /** float32, as the two after it. */
  rate: 5,
  momentum: 6,
  decay: 7,
  threads: 8,
  nextPiece: 9,
  nextUpdate: 10,
  open: 11,
  inside: 12,
  piecesDone: 13,
  updatesDone: 14,
  commands: 15,
  commandCount: 16,
  updates: 17,
  updateCount: 18,
} as const

export const HEADER_WORDS = 32
