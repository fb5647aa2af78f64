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
import { blocksOfChunk, claim, close, enter, finish, leave, shared, waitFor } from './threads'

// A program is data: a header and two lists of commands. Every block of samples goes through the
// block commands, whichever thread takes it. The final commands run once, after all blocks; each is
// done by one thread. The result of a block or of a final command does not depend on who computes
// it, and no sum depends on their order, so the number of threads does not change any result.
// ./operations.mjs has the layout of the header and of every command.

/**
 * Runs a whole pass.
 *
 * @param mayWait whether this thread may sleep
 */
export function run(header: usize, mayWait: i32): void {
  work(header, mayWait, 0)
  if (shared(load<i32>(header + THREADS))) close(header, mayWait)
}

/**
 * Helps with a pass that another thread runs.
 *
 * @param thread the number of this thread, from 1 on
 */
export function help(header: usize, thread: i32): void {
  if (enter(header)) work(header, 1, thread)
  leave(header)
}

function work(header: usize, mayWait: i32, thread: i32): void {
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
  if (several) waitFor(header + CHUNKS_DONE, chunks, mayWait)
  const finals = <usize>load<i32>(header + FINAL_COMMANDS)
  const count = load<i32>(header + FINAL_COMMAND_COUNT)
  for (;;) {
    const next = claim(header + NEXT_FINAL_COMMAND, threads)
    if (next >= count) break
    execute(header, finals + <usize>next * COMMAND_BYTES, 0, thread)
    if (several) finish(header + FINAL_COMMANDS_DONE, count)
  }
  if (several) waitFor(header + FINAL_COMMANDS_DONE, count, mayWait)
}
