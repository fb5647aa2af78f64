import { COMMAND_NAMES, COMMAND_WORDS, HEADER, type Kernels } from '@mnist-lab/kernels'
import type { Profiler } from '../profiler.js'
import type { RunPass } from './trainer.js'

/**
 * A pass of a program as the kernel `run` does it, on one thread, command by command, each timed under its kernel's name. Of a training
 * program what comes before the loss is the forward pass, after it the backward pass.
 */
export function profiledRun(
  memory: WebAssembly.Memory,
  { execute }: Kernels,
  profiler: Profiler,
): RunPass {
  return (header) => {
    const words = new Int32Array(memory.buffer)
    const word = (name: keyof typeof HEADER) => words[header / 4 + HEADER[name]]!
    const command = (list: number, index: number, block: number) => {
      const at = list + index * COMMAND_WORDS * 4
      profiler.kernel(nameAt(words, at), () => execute(header, at, block, 0))
    }
    const [commands, count] = [word('commands'), word('commandCount')]
    const names = Array.from({ length: count }, (_, index) =>
      nameAt(words, commands + index * COMMAND_WORDS * 4),
    )
    const loss = names.indexOf('crossEntropy')
    for (let block = 0; block < word('blocks'); block++) {
      for (let index = 0; index < count; index++) {
        profiler.phase(index === 0 ? 'data' : index <= loss || loss < 0 ? 'forward' : 'backward')
        command(commands, index, block)
      }
    }
    profiler.phase('update')
    for (let index = 0; index < word('updateCount'); index++) command(word('updates'), index, 0)
    profiler.phase('synchronise')
  }
}

function nameAt(words: Int32Array, command: number): string {
  const number = words[command / 4]!
  return COMMAND_NAMES[number] ?? `command ${number}`
}
