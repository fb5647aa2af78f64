import {
  BLOCK_SAMPLES,
  loadJavaScriptKernels,
  MAX_JAVASCRIPT_BYTES,
  VERSION,
} from '@mnist-lab/kernels'
import type { FusedJsOptions } from '../fused-js.js'
import { BackendError, type Session } from '../interface.js'
import { FusedSession } from './session.js'

/** Opens the engine with its kernels in JavaScript. */
export async function openFusedJs({
  threads = 1,
  convolutions = 'winograd',
  profiler,
  maxBytes = MAX_JAVASCRIPT_BYTES,
}: FusedJsOptions): Promise<Session> {
  const kernelsOn = await loadJavaScriptKernels()
  return new FusedSession({
    maxBytes: Math.min(maxBytes, MAX_JAVASCRIPT_BYTES),
    instantiate: async (bytes) => {
      const buffer = createBuffer(bytes)
      return { memory: { buffer }, kernels: kernelsOn(buffer) }
    },
    block: BLOCK_SAMPLES.scalar,
    convolutions,
    pool: undefined,
    profiler,
    info: {
      backend: 'fused-js',
      versions: { '@mnist-lab/kernels': VERSION },
      device: 'JavaScript',
      simd: 'scalar',
      threads: 1,
      notes:
        threads === 1
          ? []
          : [`one thread instead of ${threads}: the kernels in JavaScript have no threads`],
    },
  })
}

function createBuffer(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes)
  } catch (cause) {
    throw new BackendError({
      where: 'backend fused-js',
      what: `${bytes} bytes of memory are not available (${String(cause)})`,
      hint: 'use smaller batches',
      cause,
    })
  }
}
