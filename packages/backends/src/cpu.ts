import type { Backend } from './seam.js'

/** TensorFlow.js in pure JavaScript: works everywhere, slow, the reference for parity. */
export function cpu(): Backend {
  return {
    name: 'cpu',
    async probe() {
      return { ok: true, detail: 'pure JavaScript, runs everywhere' }
    },
    async open() {
      const { openCpu } = await import('./tfjs/open-cpu.js')
      return openCpu()
    },
  }
}
