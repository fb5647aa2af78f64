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
  const bytes = Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0))
  if (!shared && MEMORY_FLAGS >= 0) bytes[MEMORY_FLAGS] = NOT_SHARED
  return bytes
}

/**
 * Returns the fastest build that this JavaScript engine supports, or undefined without WebAssembly.
 */
export function bestBuild(): Build | undefined {
  if (typeof WebAssembly !== 'object') return undefined
  return BUILDS.find((build) => WebAssembly.validate(withInstructions(NEEDED[build])))
}

/**
 * Compiles a build.
 *
 * @param shared whether the module imports a shared memory, which threads need
 * @throws WebAssembly.CompileError when the JavaScript engine does not support the build
 */
export async function compileKernels(build: Build, shared = false): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await kernelBytes(build, shared))
}

// Opcodes of WebAssembly: i32.const 0, i32x4.splat, f32x4.relaxed_madd (of three vectors).
const ZERO = [0x41, 0x00]
const VECTOR = [...ZERO, 0xfd, 0x11]
const NEEDED: Readonly<Record<Build, readonly number[]>> = {
  relaxed: [...VECTOR, ...VECTOR, ...VECTOR, 0xfd, 0x85, 0x02],
  simd128: VECTOR,
  scalar: ZERO,
}

/** Returns a module with one function that executes the instructions and drops their result. */
function withInstructions(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...instructions, 0x1a, 0x0b]
  return Uint8Array.of(
    0x00,
    0x61,
    0x73,
    0x6d,
    0x01,
    0x00,
    0x00,
    0x00,
    // The type () → (), a function of it, and its code.
    0x01,
    0x04,
    0x01,
    0x60,
    0x00,
    0x00,
    0x03,
    0x02,
    0x01,
    0x00,
    0x0a,
    body.length + 2,
    0x01,
    body.length,
    ...body,
  )
}
