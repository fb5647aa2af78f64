import * as relaxed from './generated/relaxed.js'
import * as scalar from './generated/scalar.js'
import * as simd128 from './generated/simd128.js'

/**
 * One source, three builds, from fast to slow. `relaxed` has relaxed SIMD: it multiplies and adds in one instruction where the
 * machine can, and so rounds otherwise than `simd128`. `scalar` is for engines without SIMD and has no threads.
 */
export const BUILDS = ['relaxed', 'simd128', 'scalar'] as const

export type Build = (typeof BUILDS)[number]

const EMBEDDED = { relaxed, simd128, scalar }

/** Flags of a memory with a maximum, not shared. */
const NOT_SHARED = 1

/**
 * A build as WebAssembly, for environments that compile it beforehand.
 *
 * @param shared whether it is for a shared memory, which threads need
 */
export function kernelBytes(build: Build, shared = false): Uint8Array<ArrayBuffer> {
  const { WASM, MEMORY_FLAGS } = EMBEDDED[build]
  const bytes = Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0))
  if (!shared && MEMORY_FLAGS >= 0) bytes[MEMORY_FLAGS] = NOT_SHARED
  return bytes
}

/** The fastest build that this JavaScript engine takes; undefined without WebAssembly. */
export function bestBuild(): Build | undefined {
  if (typeof WebAssembly !== 'object') return undefined
  return BUILDS.find((build) => WebAssembly.validate(kernelBytes(build)))
}

/** @throws WebAssembly.CompileError where the engine does not take the build */
export function compileKernels(build: Build, shared = false): Promise<WebAssembly.Module> {
  return WebAssembly.compile(kernelBytes(build, shared))
}
