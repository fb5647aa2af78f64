import { execute } from '../generated/execute'
import {
  BLOCK_COMMAND_COUNT,
  BLOCK_COMMANDS,
  BLOCKS,
  CHUNKS_DONE,
  COMMAND_BYTES,
  FINAL_COMMAND_COUNT,
  FINAL_COMMANDS,
  FINAL_COMMANDS_DONE,
  NEXT_CHUNK,
  NEXT_FINAL_COMMAND,
  THREADS,
} from '../generated/header'
import {
  blocksOfChunk,
  claim,
  close,
  enter,
  finish,
  FOREVER,
  leave,
  patience,
  shared,
  waitFor,
} from './threads'

// A program is data: a header and two lists of commands. Every block of samples goes through the
// block commands, whichever thread takes it. The final commands run once, after all blocks; each is
// done by one thread. The result of a block or of a final command does not depend on who computes
// it, and no sum depends on their order, so the number of threads does not change any result.
// ./operations.mjs has the layout of the header and of every command.

/**
 * Runs a pass. The host calls it again with the same header until the pass is finished. In between,
 * the host can learn that a helper thread has ended, whose work would never be finished.
 *
 * @param mayWait whether this thread may sleep
 * @returns 1 when the pass is finished, and 0 when helper threads have not finished their work in
 * the time that this thread waits for them
 */
export function run(header: usize, mayWait: i32): i32 {
  const wait = patience(mayWait)
  if (!work(header, wait, 0)) return 0
  return shared(load<i32>(header + THREADS)) ? close(header, wait) : 1
}

/**
 * Helps with a pass that another thread runs.
 *
 * @param thread the number of this thread, from 1 on
 */
export function help(header: usize, thread: i32): void {
  if (enter(header)) work(header, FOREVER, thread)
  leave(header)
}

/** Returns whether the work of all threads was finished in time. */
function work(header: usize, wait: i64, thread: i32): bool {
  const threads = load<i32>(header + THREADS)
  const several = shared(threads)
  const blocks = load<i32>(header + BLOCKS)
  const first = <usize>load<i32>(header + BLOCK_COMMANDS)
  const last = first + <usize>load<i32>(header + BLOCK_COMMAND_COUNT) * COMMAND_BYTES
  const each = blocksOfChunk(blocks)
  const chunks = blocks == 0 ? 0 : (blocks + each - 1) / each
  for (;;) {
    const chunk = claim(header + NEXT_CHUNK, threads)
    if (chunk >= chunks) break
    for (let block = chunk * each; block < min(blocks, (chunk + 1) * each); block++) {
      for (let command = first; command < last; command += COMMAND_BYTES) {
        execute(header, command, block, thread)
      }
    }
    if (several) finish(header + CHUNKS_DONE, chunks)
  }
  if (several) if (!waitFor(header + CHUNKS_DONE, chunks, wait)) return false
  const finals = <usize>load<i32>(header + FINAL_COMMANDS)
  const count = load<i32>(header + FINAL_COMMAND_COUNT)
  for (;;) {
    const next = claim(header + NEXT_FINAL_COMMAND, threads)
    if (next >= count) break
    execute(header, finals + <usize>next * COMMAND_BYTES, 0, thread)
    if (several) finish(header + FINAL_COMMANDS_DONE, count)
  }
  return several ? waitFor(header + FINAL_COMMANDS_DONE, count, wait) : true
}
