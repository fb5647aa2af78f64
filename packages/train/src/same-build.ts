import { canonicalJson } from './canonical-json.js'
import type { RunResult } from './run-schema.js'

/** What really trained a run, as `run.json` has it. */
export type RunBackend = RunResult['backend']

/** Returns the name of the engine that a backend is, or is a variant of. */
export function engineOf({ backend, variant }: Pick<RunBackend, 'backend' | 'variant'>): string {
  return variant?.of ?? backend
}

/**
 * Returns whether two backends compute with the same engine, options, build and threads. The number
 * of threads does not count for the fused engine, whose results do not depend on it.
 */
export function isSameBuild(a: RunBackend, b: RunBackend): boolean {
  return canonicalJson(identityOf(a)) === canonicalJson(identityOf(b))
}

function identityOf(backend: RunBackend): unknown {
  // The build is an option of some variants, and `simd` says which one runs.
  const { build: _, ...options } = backend.variant?.options ?? {}
  const engine = engineOf(backend)
  const { simd, threads } = backend
  return { engine, options, simd, ...(engine === 'fused' ? {} : { threads }) }
}

/** Describes a backend in words, such as `fused, relaxed, 1 thread`. */
export function buildText({
  backend,
  simd,
  threads,
}: Pick<RunBackend, 'backend' | 'simd' | 'threads'>): string {
  return `${backend}, ${simd}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
}
