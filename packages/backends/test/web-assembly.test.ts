import { createContext, runInContext } from 'node:vm'
import { kernelBytes } from '@mnist-lab/kernels'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fused } from '../src/fused.js'
import { type Backend, BackendError } from '../src/index.js'
import { wasm } from '../src/tfjs/wasm.js'

afterEach(() => vi.unstubAllGlobals())

/** The WebAssembly of a context that may not compile any, as of a page with a strict policy. */
const forbidden = (): unknown =>
  runInContext('WebAssembly', createContext({}, { codeGeneration: { strings: true, wasm: false } }))

/** A WebAssembly that has no memory. */
const withoutMemory = (): unknown => ({
  ...Object.fromEntries(
    Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)]),
  ),
  Memory: function Memory() {
    throw new RangeError('could not allocate memory')
  },
})

/** Checks that a backend refuses to open, with the reason and the hint that its probe gives. */
async function expectRefused(backend: Backend, reason: RegExp, hint: RegExp): Promise<void> {
  const probe = await backend.probe()
  expect(probe).toEqual({
    ok: false,
    reason: expect.stringMatching(reason) as string,
    hint: expect.stringMatching(hint) as string,
  })
  if (probe.ok) return
  const error = await backend.open().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BackendError)
  expect((error as Error).message).toBe(`backend ${backend.name}: ${probe.reason}; ${probe.hint}`)
}

const backends = {
  fused: () => fused(),
  'fused with two threads': () => fused({ threads: 2 }),
  wasm: () => wasm(),
  'wasm-stock': () => wasm({ kernels: 'stock' }),
}

describe.each(Object.entries(backends))('%s says before and when it is opened', (_name, create) => {
  test('that WebAssembly is missing', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    await expectRefused(create(), /no WebAssembly/, /cpu backend/)
  })

  test('that compiling is forbidden', async () => {
    vi.stubGlobal('WebAssembly', forbidden())
    await expectRefused(
      create(),
      /cannot be compiled here \(CompileError: .*disallowed by embedder/,
      /'wasm-unsafe-eval'.*codeGeneration: \{ wasm: true \}/,
    )
  })

  test('that there is no memory', async () => {
    vi.stubGlobal('WebAssembly', withoutMemory())
    await expectRefused(
      create(),
      /cannot get memory \(RangeError: could not allocate memory\)/,
      /ulimit -v.*--disable-wasm-trap-handler/,
    )
  })
})

test('a module that was compiled elsewhere runs where compiling is forbidden', async () => {
  const module = new WebAssembly.Module(await kernelBytes('simd128'))
  const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('forbidden'))
  try {
    expect(await fused({ module }).probe()).toMatchObject({ ok: true })
    const session = await fused({ module }).open()
    expect(session.info.simd).toBe('simd128')
    await session.close()
  } finally {
    compile.mockRestore()
  }
})
