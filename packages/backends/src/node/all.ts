import { BackendError } from '../backend-error.js'
import { type Choice, firstAvailable } from '../choose.js'
import { cpu } from '../cpu.js'
import { nullBackend } from '../null.js'
import type { Profiler } from '../profiler.js'
import type { Backend } from '../seam.js'
import { wasm } from '../wasm.js'
import { fused } from './fused.js'
import { node } from './node.js'

/** What a program's flags can say about any backend; one that has no use for an option ignores it. */
export interface BackendFlags {
  readonly threads?: number
  /** See {@link Profiler}; the null backend has nothing to tell it. */
  readonly profiler?: Profiler
}

/**
 * Every backend that Node.js can have, from fast to slow for the study's models: native TensorFlow calls an operation at
 * a time, and at batch 32 the calls cost more than what they compute. Nothing heavy is loaded before one is opened.
 */
const FACTORIES = {
  fused: (flags: BackendFlags) => fused(flags),
  wasm: (flags: BackendFlags) => wasm(flags),
  node: (flags: BackendFlags) => node(flags),
  cpu: ({ profiler }: BackendFlags) => cpu(profiler === undefined ? {} : { profiler }),
} satisfies Readonly<Record<string, (flags: BackendFlags) => Backend>>

/** Known by name alone: to compare with, and the fused engine when something else counts more than speed. */
const OTHERS = {
  /** The same bits on every machine. */
  'fused-simd128': (flags: BackendFlags) => ({
    ...fused({ ...flags, build: 'simd128' }),
    name: 'fused-simd128',
  }),
  /** As near to a plain sum as float32 is. */
  'fused-direct': (flags: BackendFlags) => ({
    ...fused({ ...flags, convolutions: 'direct' }),
    name: 'fused-direct',
  }),
  'wasm-stock': (flags: BackendFlags) => wasm({ kernels: 'stock', ...flags }),
  'cpu-stock': ({ profiler }: BackendFlags) =>
    cpu({ kernels: 'stock', ...(profiler === undefined ? {} : { profiler }) }),
  null: () => nullBackend(),
} satisfies Readonly<Record<string, (flags: BackendFlags) => Backend>>

/** The names that {@link backendByName} knows, from fast to slow, without `auto` and those known by name alone. */
export const BACKEND_NAMES: readonly string[] = Object.keys(FACTORIES)

/**
 * @param name one of {@link BACKEND_NAMES}; `fused-simd128`, the same bits on every machine; `fused-direct`, plain sums for convolutions;
 * `wasm-stock` or `cpu-stock`, upstream's kernels; or `null`, which computes nothing
 * @throws BackendError when there is no backend of that name
 */
export function backendByName(name: string, flags: BackendFlags = {}): Backend {
  const factories: Readonly<Record<string, (flags: BackendFlags) => Backend>> = {
    ...FACTORIES,
    ...OTHERS,
  }
  const factory = Object.hasOwn(factories, name) ? factories[name] : undefined
  if (factory === undefined) {
    throw new BackendError({
      where: `backend ${name}`,
      what: 'unknown',
      expected: `one of ${BACKEND_NAMES.join(', ')}`,
      hint: 'see `mnist doctor`',
    })
  }
  return factory(flags)
}

/**
 * As {@link backendByName}, where `auto` stands for the fastest that probes ok.
 *
 * @throws BackendError when the backend is unknown, or not available here, with the reason and the hint
 */
export async function availableBackend(name: string, flags: BackendFlags = {}): Promise<Choice> {
  if (name === 'auto')
    return firstAvailable(BACKEND_NAMES.map((known) => backendByName(known, flags)))
  const backend = backendByName(name, flags)
  const probe = await backend.probe()
  if (!probe.ok)
    throw new BackendError({ where: `backend ${name}`, what: probe.reason, hint: probe.hint })
  return { backend, why: `${name}, as asked` }
}
