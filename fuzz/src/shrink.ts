import { joined } from './mutations/mutate-bytes.js'

/**
 * Makes an input smaller as long as it stays wrong in the same way: it leaves out large blocks
 * first, then smaller ones.
 *
 * @param isSame tells whether a smaller input is still wrong in the same way
 * @param tries the most calls of `isSame`
 */
export async function shrink(
  bytes: Uint8Array,
  isSame: (bytes: Uint8Array) => Promise<boolean>,
  tries: number,
): Promise<Uint8Array> {
  let best = bytes
  let left = tries
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best.length && left > 0; left--) {
      const smaller = joined(best.subarray(0, at), best.subarray(at + size))
      if (await isSame(smaller)) best = smaller
      else at += size
    }
  }
  return best
}
