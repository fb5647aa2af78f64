import { fromBase64 } from './base64.js'
import { PROBES } from './generated/probes.js'
import { promisedOrConstructed } from './promised-or-constructed.js'

/**
 * Lists the three builds of the kernels, from fast to slow. `relaxed` uses relaxed SIMD: it
 * multiplies and adds in one instruction on machines that can, and therefore rounds differently
 * from `simd128`. `scalar` is for engines without SIMD and has no threads.
 */
export const BUILDS = ['relaxed', 'simd128', 'scalar'] as const

/** The name of a build of the kernels. */
export type Build = (typeof BUILDS)[number]

/** Each build is a separate module, so that a page loads only the one that it runs. */
const EMBEDDED: Readonly<
  Record<Build, () => Promise<{ readonly WASM: string; readonly MEMORY_FLAGS: number }>>
> = {
  relaxed: () => import('./generated/relaxed.js'),
  simd128: () => import('./generated/simd128.js'),
  scalar: () => import('./generated/scalar.js'),
}

/** The flags byte of a memory that has a maximum and is not shared. */
const NOT_SHARED = 1

/**
 * Returns the bytes of a build, for environments that compile WebAssembly beforehand.
 *
 * @param shared whether the module imports a shared memory, which threads need
 */
export async function kernelBytes(build: Build, shared = false): Promise<Uint8Array<ArrayBuffer>> {
  const { WASM, MEMORY_FLAGS } = await EMBEDDED[build]()
  const bytes = fromBase64(WASM)
  if (!shared && MEMORY_FLAGS >= 0) bytes[MEMORY_FLAGS] = NOT_SHARED
  return bytes
}

/**
 * Returns the fastest build that this JavaScript engine supports, or undefined without WebAssembly
 * or without the instructions of any build.
 *
 * The engine is asked about small modules, one for each build, with every kind of instruction that
 * the build uses. The kernels of a build need not be loaded to learn that they do not run.
 */
export function bestBuild(): Build | undefined {
  return BUILDS.find((build) => supportsBuild(build))
}

/** Returns whether this JavaScript engine has every instruction of a build. */
export function supportsBuild(build: Build): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(fromBase64(PROBES[build]))
}

/**
 * Compiles a build.
 *
 * @param shared whether the module imports a shared memory, which threads need
 * @throws WebAssembly.CompileError when the JavaScript engine does not support the build
 */
export async function compileKernels(build: Build, shared = false): Promise<WebAssembly.Module> {
  const bytes = await kernelBytes(build, shared)
  return promisedOrConstructed(
    () => WebAssembly.compile(bytes),
    () => new WebAssembly.Module(bytes),
  )
}

/** The custom section of a module that holds the name of its build. */
const BUILD_SECTION = 'build'

/**
 * Returns which build a module of the kernels is, without creating a memory for it.
 *
 * @returns undefined when the module is not one of the kernels
 */
export function buildOf(module: WebAssembly.Module): Build | undefined {
  const [section] = WebAssembly.Module.customSections(module, BUILD_SECTION)
  const name = String.fromCharCode(...new Uint8Array(section ?? []))
  return BUILDS.find((build) => build === name)
}
