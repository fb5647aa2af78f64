import { convBackwardData } from './conv-backward-data'
import { convForward } from './conv-forward'
import { biasUpdate, convUpdate } from './conv-update'
import { denseUpdate, transposeGradient } from './dense-update'
import { dropoutMask } from './dropout'
import { multiplyInto, reluBackward, reluInPlace, tanhBackward, tanhInPlace } from './elementwise'
import { deinterleave, loadImages } from './images'
import { crossEntropy } from './loss'
import {
  avgPoolBackward,
  avgPoolForward,
  maxPoolBackward,
  maxPoolForward,
  tanhAvgPoolBackward,
  tanhAvgPoolForward,
} from './pool'
import { sparseForward, sparseUpdate, sumRows } from './sparse-dense'
import { awaitAll, claim, close, enter, finish, leave, shared } from './threads'
import { winogradBackward } from './winograd-backward'
import { winogradForward, winogradInput } from './winograd-forward'
import { winogradFilter, winogradUpdate } from './winograd-update'
import { BLOCK } from 'lanes'

// A program is data: a list of commands that every block of samples goes through, whichever thread takes it, and one of updates,
// each of which a thread does once all blocks have been through. A block's results, and an update's, do not depend on who does
// them, and no sum crosses from one to another: the number of threads changes no bit. `src/program.ts` writes programs and says
// what their words are.

// The header's words.
const SAMPLES = 0,
  BLOCKS = 1,
  STEP = 2,
  KEY0 = 3,
  KEY1 = 4,
  OPTIMIZER = 5,
  THREADS = 8,
  NEXT_PIECE = 9,
  NEXT_UPDATE = 10
const PIECES_DONE = 13,
  UPDATES_DONE = 14,
  COMMANDS = 15,
  COMMAND_COUNT = 16,
  UPDATES = 17,
  UPDATE_COUNT = 18

/** Sums over a piece's blocks are kept for each piece; so they stay few, however large the batch is. As in `src/program.ts`. */
const MOST_PIECES = 16

/** Words of a command: its number and up to 23 more. */
const LENGTH: usize = 96

/** A whole pass. @param mayWait whether this thread may sleep */
export function run(header: usize, mayWait: i32): void {
  work(header, mayWait, 0)
  if (shared(word(header, THREADS))) close(header, mayWait)
}

/** A thread's help with a pass that another thread runs. @param slot the thread's number, from 1 on */
export function help(header: usize, slot: i32): void {
  if (enter(header)) work(header, 1, slot)
  leave(header)
}

function work(header: usize, mayWait: i32, slot: i32): void {
  const threads = word(header, THREADS)
  const several = shared(threads)
  const blocks = word(header, BLOCKS)
  const first = <usize>word(header, COMMANDS)
  const last = first + <usize>word(header, COMMAND_COUNT) * LENGTH
  const each = blocksOfPiece(blocks)
  const pieces = blocks == 0 ? 0 : (blocks + each - 1) / each
  for (;;) {
    const piece = claim(header + (NEXT_PIECE << 2), threads)
    if (piece >= pieces) break
    for (let block = piece * each; block < min(blocks, (piece + 1) * each); block++) {
      for (let command = first; command < last; command += LENGTH)
        execute(header, command, block, slot)
    }
    if (several) finish(header + (PIECES_DONE << 2), pieces)
  }
  if (several) awaitAll(header + (PIECES_DONE << 2), pieces, mayWait)
  const count = word(header, UPDATE_COUNT)
  for (;;) {
    const update = claim(header + (NEXT_UPDATE << 2), threads)
    if (update >= count) break
    execute(header, <usize>word(header, UPDATES) + <usize>update * LENGTH, 0, slot)
    if (several) finish(header + (UPDATES_DONE << 2), count)
  }
  if (several) awaitAll(header + (UPDATES_DONE << 2), count, mayWait)
}

// @ts-ignore: decorator

@inline
function word(at: usize, i: i32): i32 {
  return load<i32>(at + ((<usize>i) << 2))
}

/**
 * The address of a block's part: two words, the first's address and the bytes between two, plus 1 if they are not of blocks but of
 * threads: what no update reads stays where the thread's cache has it; plus 2 if they are of pieces.
 */
// @ts-ignore: decorator
@inline
function part(command: usize, i: i32, block: i32, slot: i32, piece: i32): usize {
  const stride = word(command, i + 1)
  return <usize>(
    (word(command, i) +
      (stride & 1 ? slot * (stride - 1) : stride & 2 ? piece * (stride - 2) : block * stride))
  )
}

/** Blocks of a piece, which a thread takes one after the other. How many there are depends on the batch alone. */
// @ts-ignore: decorator
@inline
function blocksOfPiece(blocks: i32): i32 {
  return (blocks + MOST_PIECES - 1) / MOST_PIECES
}

/** One command, by its number in `src/program.ts`, for a block, by a thread; updates have neither. */
export function execute(header: usize, c: usize, block: i32, slot: i32): void {
  const blocks = word(header, BLOCKS)
  const each = max(1, blocksOfPiece(blocks))
  const piece = block / each
  switch (word(c, 0)) {
    case 0:
      return loadImages(
        part(c, 1, block, slot, piece),
        word(c, 3),
        part(c, 4, block, slot, piece),
        word(c, 6),
        word(c, 7),
        word(header, SAMPLES) - block * BLOCK,
        word(c, 8),
        word(c, 9),
        word(c, 10),
      )
    case 1:
      return convForward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        word(c, 5),
        word(c, 6),
        part(c, 7, block, slot, piece),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
        word(c, 15),
        word(c, 16),
        word(c, 17),
        word(c, 18),
      )
    case 2:
      return avgPoolForward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        word(c, 7),
        word(c, 8),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
        word(c, 15),
      )
    case 3:
      return maxPoolForward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        word(c, 7),
        word(c, 8),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
        word(c, 15),
      )
    case 4:
      return tanhInPlace(
        part(c, 1, block, slot, piece),
        part(c, 1, block, slot, piece) + word(c, 3),
      )
    case 5:
      return reluInPlace(
        part(c, 1, block, slot, piece),
        part(c, 1, block, slot, piece) + word(c, 3),
      )
    case 6: {
      memory.copy(part(c, 3, block, slot, piece), part(c, 1, block, slot, piece), word(c, 5))
      return
    }
    case 7:
      return dropoutMask(
        part(c, 1, block, slot, piece),
        block,
        word(c, 3),
        word(c, 4),
        word(header, STEP),
        word(c, 5),
        word(header, KEY0),
        word(header, KEY1),
        word(c, 6),
        load<f32>(c, 28),
      )
    case 8:
      return multiplyInto(
        part(c, 1, block, slot, piece),
        part(c, 3, block, slot, piece),
        word(c, 5),
        word(c, 6),
        part(c, 7, block, slot, piece),
        word(c, 9),
        word(c, 10),
        word(c, 11),
      )
    case 9:
      return crossEntropy(
        part(c, 1, block, slot, piece),
        part(c, 3, block, slot, piece),
        part(c, 5, block, slot, piece),
        part(c, 7, block, slot, piece),
        part(c, 9, block, slot, piece),
        word(c, 11),
        word(c, 12),
      )
    case 10:
      return deinterleave(
        part(c, 1, block, slot, piece),
        part(c, 3, block, slot, piece),
        word(c, 5),
      )
    case 11:
      return tanhBackward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        word(c, 7),
        word(c, 8),
        word(c, 9),
      )
    case 12:
      return reluBackward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        word(c, 7),
        word(c, 8),
        word(c, 9),
      )
    case 13:
      return avgPoolBackward(
        part(c, 1, block, slot, piece),
        part(c, 3, block, slot, piece),
        word(c, 5),
        word(c, 6),
        word(c, 7),
        word(c, 8),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
      )
    case 14:
      return maxPoolBackward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        part(c, 7, block, slot, piece),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
        word(c, 15),
        word(c, 16),
        word(c, 17),
      )
    case 15:
      return convBackwardData(
        part(c, 1, block, slot, piece),
        word(c, 3),
        part(c, 4, block, slot, piece),
        word(c, 6),
        word(c, 7),
        word(c, 8),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
        word(c, 15),
        word(c, 16),
        word(c, 17),
      )
    case 16:
      return transposeGradient(
        part(c, 1, block, slot, piece),
        part(c, 3, block, slot, piece),
        word(c, 5),
        word(c, 6),
        word(c, 7),
      )
    case 17:
      return convUpdate(
        word(c, 1),
        word(c, 2),
        word(c, 3),
        word(c, 4),
        word(c, 5),
        word(c, 6),
        word(c, 7),
        header + (OPTIMIZER << 2),
        blocks,
        word(c, 8),
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
        word(c, 15),
        word(c, 16),
        word(c, 17),
      )
    case 18:
      return denseUpdate(
        word(c, 1),
        word(c, 2),
        word(c, 3),
        word(c, 4),
        word(c, 5),
        word(c, 6),
        header + (OPTIMIZER << 2),
        blocks,
        word(c, 7),
        word(c, 8),
        word(c, 9),
      )
    case 19:
      return biasUpdate(
        word(c, 1),
        word(c, 2),
        word(c, 3),
        header + (OPTIMIZER << 2),
        blocks,
        word(c, 4),
        word(c, 5),
      )
    case 20:
      return winogradForward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        word(c, 7),
        word(c, 8),
        part(c, 9, block, slot, piece),
        word(c, 11),
        word(c, 12),
        word(c, 13),
        word(c, 14),
      )
    case 21:
      return winogradBackward(
        part(c, 1, block, slot, piece),
        part(c, 3, block, slot, piece),
        part(c, 5, block, slot, piece),
        word(c, 7),
        part(c, 8, block, slot, piece),
        part(c, 10, block, slot, piece),
        word(c, 12),
        block == piece * each,
        word(c, 13),
        word(c, 14),
        word(c, 15),
        word(c, 16),
        word(c, 17),
        word(c, 18),
        word(c, 19),
        word(c, 20),
      )
    case 22:
      return winogradUpdate(
        word(c, 1),
        word(c, 2),
        word(c, 3),
        word(c, 4),
        word(c, 5),
        word(c, 6),
        word(c, 7),
        word(c, 8),
        header + (OPTIMIZER << 2),
        (blocks + each - 1) / each,
        word(c, 9),
        word(c, 10),
        word(c, 11),
        word(c, 12),
      )
    case 23:
      return winogradFilter(word(c, 1), word(c, 2), word(c, 3), word(c, 4), word(c, 5))
    case 24:
      return winogradInput(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        part(c, 7, block, slot, piece),
        word(c, 9),
        word(c, 10),
        word(c, 11),
      )
    case 25:
      return sparseForward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        word(c, 5),
        word(c, 6),
        word(c, 7),
        part(c, 8, block, slot, piece),
        part(c, 10, block, slot, piece),
        word(header, SAMPLES) - block * BLOCK,
        word(c, 12),
        word(c, 13),
      )
    case 26:
      return sparseUpdate(
        word(c, 1),
        word(c, 2),
        word(c, 3),
        word(c, 4),
        word(c, 5),
        word(c, 6),
        word(c, 7),
        word(c, 8),
        header + (OPTIMIZER << 2),
        blocks,
        word(c, 9),
        word(c, 10),
        word(c, 11),
      )
    case 27:
      return sumRows(word(c, 1), word(c, 2), word(c, 3), word(c, 4), word(c, 5))
    case 28:
      return tanhAvgPoolForward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        word(c, 7),
        word(c, 8),
        word(c, 9),
        word(c, 10),
        word(c, 11),
      )
    case 29:
      return tanhAvgPoolBackward(
        part(c, 1, block, slot, piece),
        word(c, 3),
        word(c, 4),
        part(c, 5, block, slot, piece),
        part(c, 7, block, slot, piece),
        word(c, 9),
        word(c, 10),
        word(c, 11),
      )
  }
}
