import { createStream } from '@mnist-lab/core'

const BLOCK = 1024

/** An endless seeded sequence of uniform numbers in [0, 1), 32 random bits each. */
export function seededRandom(seed: number, index: number): () => number {
  const words = new Uint32Array(BLOCK)
  let block = 0
  let at = BLOCK
  return () => {
    if (at === BLOCK) {
      createStream(seed, 'bench', index, block++).fill(words)
      at = 0
    }
    return words[at++]! / 2 ** 32
  }
}
