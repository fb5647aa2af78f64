import { COMMAND_WORDS, HEADER, type Kernels, multiplyAdds, operationOf } from '@mnist-lab/kernels'
import type { Profiler } from '../profiler.js'
import type { PassRunner } from './trainer.js'

/**
 * Returns a function that runs a pass command by command on one thread, with the same results as
 * the kernel `run`, and times each command under the name of its operation. The commands up to the
 * loss are the forward pass, and the commands after it are the backward pass.
 */
export function profiledRun(
  memory: { readonly buffer: ArrayBuffer },
  { execute, block: blockSize }: Kernels,
  profiler: Profiler,
): PassRunner['run'] {
  return (header) => {
    const words = new Int32Array(memory.buffer)
    const word = (name: keyof typeof HEADER) => words[header / 4 + HEADER[name]]!
    const list = (address: number, count: number, samples: number) =>
      Array.from({ length: count }, (_, index) => {
        const at = address + index * COMMAND_WORDS * 4
        const own = words.subarray(at / 4, at / 4 + COMMAND_WORDS)
        const name = operationOf(own)
        const work = multiplyAdds(own, samples)
        return {
          name,
          run: (block: number) => profiler.kernel(name, () => execute(header, at, block, 0), work),
        }
      })
    const blocks = word('blocks')
    const commands = list(word('blockCommands'), word('blockCommandCount'), blockSize)
    const loss = commands.findIndex(({ name }) => name === 'crossEntropy')
    for (let block = 0; block < blocks; block++) {
      for (const [index, { run }] of commands.entries()) {
        profiler.phase(index === 0 ? 'data' : index <= loss || loss < 0 ? 'forward' : 'backward')
        run(block)
      }
    }
    profiler.phase('update')
    const final = list(word('finalCommands'), word('finalCommandCount'), blocks * blockSize)
    for (const { run } of final) run(0)
    profiler.phase('synchronise')
  }
}
