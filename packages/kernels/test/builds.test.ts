// These tests check how a build is chosen, compiled and recognised.
import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fromBase64 } from '../src/base64.js'
import { PROBES } from '../src/generated/probes.js'
import {
  bestBuild,
  type Build,
  BUILDS,
  buildOf,
  compileKernels,
  instantiateKernels,
  kernelBytes,
} from '../src/index.js'

// Node.js 20 has relaxed SIMD behind a flag, which later versions no longer know.
setFlagsFromString('--experimental-wasm-relaxed-simd')

/** The script of the build that reads instructions. */
const { laterInstructions } = (await import(
  new URL('../scripts/instructions.mjs', import.meta.url).href
)) as { readonly laterInstructions: (module: Uint8Array) => readonly string[] }

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** Makes `WebAssembly.validate` refuse every module with one of the given instructions. */
function withoutInstructions(lacks: (instruction: string) => boolean): void {
  const { validate } = WebAssembly
  vi.spyOn(WebAssembly, 'validate').mockImplementation(
    (bytes) =>
      validate(bytes) && !laterInstructions(new Uint8Array(bytes as ArrayBuffer)).some(lacks),
  )
}

describe('the best build', () => {
  test('is the first one whose kernels the engine accepts', async () => {
    const taken = await Promise.all(
      BUILDS.map(async (build) => WebAssembly.validate(await kernelBytes(build))),
    )
    expect(bestBuild()).toBe(BUILDS[taken.indexOf(true)])
  })

  test.each<[string, (instruction: string) => boolean, Build | undefined]>([
    ['relaxed SIMD', (name) => name === '0xfd 261', 'simd128'],
    ['SIMD', (name) => name.startsWith('0xfd'), 'scalar'],
    ['atomics, although it has SIMD', (name) => name.startsWith('0xfe'), 'scalar'],
    ['memory.fill', (name) => name === '0xfc 11', undefined],
  ])('of an engine without %s is one that does not need it', (_name, lacks, build) => {
    withoutInstructions(lacks)
    expect(bestBuild()).toBe(build)
  })

  test('is none without WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined)
    expect(bestBuild()).toBeUndefined()
  })
})

describe.each(BUILDS)('build %s', (build) => {
  test('has a small probe with every later instruction of its kernels', async () => {
    const probe = fromBase64(PROBES[build])
    const kernels = await kernelBytes(build)
    const instructions = laterInstructions(kernels)
    expect(instructions).toContain('0xfc 11')
    expect(instructions.includes('0xfd 228')).toBe(build !== 'scalar')
    expect(instructions.includes('0xfd 261')).toBe(build === 'relaxed')
    expect(laterInstructions(probe)).toEqual(instructions)
    expect(probe.length).toBeLessThan(kernels.length / 50)
    expect(WebAssembly.validate(probe)).toBe(true)
  })

  test('is recognised in a compiled module, without a memory', async () => {
    const memories = vi.spyOn(WebAssembly, 'Memory')
    expect(buildOf(await compileKernels(build))).toBe(build)
    expect(memories).not.toHaveBeenCalled()
  })

  test('is the build that its kernels name', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    expect((await instantiateKernels(memory, await compileKernels(build))).build).toBe(build)
  })

  test('is shipped as a .wasm file whose memory is not shared', async () => {
    const file = await readFile(new URL(`../dist/${build}.wasm`, import.meta.url))
    expect(new Uint8Array(file)).toEqual(await kernelBytes(build))
  })

  test('is compiled and instantiated by constructors where promises of them are missing', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    const own = Object.getOwnPropertyNames(WebAssembly)
    vi.stubGlobal('WebAssembly', {
      ...Object.fromEntries(own.map((name) => [name, Reflect.get(WebAssembly, name)])),
      compile: () => {
        throw new Error('WebAssembly Promise APIs not supported in this runtime.')
      },
      instantiate: undefined,
    })
    expect((await instantiateKernels(memory, await compileKernels(build))).build).toBe(build)
  })
})

test('a module of something else is no build', () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  expect(buildOf(empty)).toBeUndefined()
})
