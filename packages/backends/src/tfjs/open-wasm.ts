import { bestTfjsBuild, installTrainingKernels } from '@mnist-lab/tfjs-kernels/wasm'
import * as tf from '@tensorflow/tfjs-core'
import { BackendError } from '../backend-error.js'
import type { Session } from '../seam.js'
import type { WasmOptions } from '../wasm.js'
import { openTfjs } from './session.js'
import { completeStockWasmKernels } from './stock-wasm-kernels.js'

export async function openWasm({
  threads,
  wasmPath,
  kernels = 'training',
  profiler,
}: WasmOptions): Promise<Session> {
  const engine = await import('@tensorflow/tfjs-backend-wasm')
  let restoreKernels = () => {}
  return openTfjs(
    {
      name: 'wasm',
      backend: kernels === 'stock' ? 'wasm-stock' : 'wasm',
      // Upstream hands plain products to XNNPACK and does those with a transposed operand in a naive loop.
      transposesFirst: kernels === 'stock',
      async load() {
        // −1 is the engine's own default: as many as there are cores.
        engine.setThreadsCount(threads ?? -1)
        if (wasmPath !== undefined) engine.setWasmPaths(wasmPath)
        restoreKernels = kernels === 'stock' ? completeStockWasmKernels() : installOurs()
      },
      unload: () => restoreKernels(),
      reservedBytes: () =>
        (tf.backend() as Partial<{ wasm: { HEAPU8: Uint8Array } | null }>).wasm?.HEAPU8.buffer
          .byteLength,
      async describe() {
        const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
        const running = (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))
          ? engine.getThreadsCount()
          : 1
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-backend-wasm': engine.version_wasm,
            ...(kernels === 'stock' ? {} : { '@mnist-lab/kernels': '0.1.0' }),
          },
          device: 'WebAssembly',
          simd: simd ? 'simd128' : 'scalar',
          threads: running,
          notes: [
            kernels === 'stock'
              ? "TensorFlow.js's own kernels, and a composed Conv2DBackpropFilter"
              : `training kernels of @mnist-lab/kernels/tfjs-wasm, build ${bestTfjsBuild()}`,
            ...(threads === undefined || threads === running
              ? []
              : [threadsNote(threads, running)]),
          ],
        }
      },
    },
    profiler,
  )
}

function installOurs(): () => void {
  try {
    return installTrainingKernels(tf)
  } catch (cause) {
    throw new BackendError({
      where: 'backend wasm',
      what: cause instanceof Error ? cause.message : String(cause),
      hint: "or open wasm({ kernels: 'stock' })",
      cause,
    })
  }
}

function threadsNote(asked: number, running: number): string {
  const why = tf.env().getBool('IS_NODE')
    ? 'TensorFlow.js 4.22 does not start wasm threads in Node'
    : 'threads need a cross-origin isolated page and two cores each, and the first session of a page sets their number'
  return `asked for ${asked} threads, runs ${running}: ${why}`
}
