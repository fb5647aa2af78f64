import { createContext, runInContext } from 'node:vm'
import { kernelBytes } from '@mnist-lab/kernels'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fused, type FusedOptions } from '../src/fused.js'
import { type Backend, BackendError, type Session, type Trainer } from '../src/index.js'
import { fused as fusedInNode } from '../src/node.js'
import { plan, samples, toBatch } from '../src/testing/samples.js'
import { wasm } from '../src/tfjs/wasm.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** The WebAssembly of a context that may not compile any, as of a page with a strict policy. */
const forbidden = (): unknown =>
  runInContext('WebAssembly', createContext({}, { codeGeneration: { strings: true, wasm: false } }))

/** A WebAssembly with some of its functions replaced. */
const webAssemblyWith = (replaced: Readonly<Record<string, unknown>>): unknown => ({
  ...Object.fromEntries(
    Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)]),
  ),
  ...replaced,
})

/** A WebAssembly that has no memory. */
const withoutMemory = (): unknown =>
  webAssemblyWith({
    Memory: function Memory() {
      throw new RangeError('could not allocate memory')
    },
  })

/** A WebAssembly that compiles nothing, with its reason. */
const refusingModules = (message: string): unknown =>
  webAssemblyWith({
    Module: function Module() {
      // oxlint-disable-next-line no-throw-literal -- Only its text is used.
      throw { toString: () => message }
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
    await expectRefused(create(), /no WebAssembly/, /fused-js backend/)
  })

  test('that compiling is forbidden', async () => {
    vi.stubGlobal('WebAssembly', forbidden())
    await expectRefused(
      create(),
      /cannot be compiled here \(CompileError: .*disallowed by embedder/,
      /^in node:vm, .*codeGeneration: \{ wasm: true \}.*fused-js backend$/,
    )
  })

  test.each([
    "CompileError: WebAssembly.Module(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source of script",
    'CompileError: call to WebAssembly.Module() blocked by CSP',
  ])('that the policy of a page forbids compiling: %s', async (message) => {
    vi.stubGlobal('WebAssembly', refusingModules(message))
    await expectRefused(
      create(),
      /cannot be compiled here/,
      /^in a page, add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy; or use the fused-js backend$/,
    )
  })

  test('that compiling fails for another reason', async () => {
    vi.stubGlobal('WebAssembly', refusingModules('Error: unknown'))
    await expectRefused(create(), /cannot be compiled/, /'wasm-unsafe-eval'.*codeGeneration/)
  })
})

test.each(['wasm', 'wasm-stock'] as const)(
  '%s says before and when it is opened that there is no memory',
  async (name) => {
    vi.stubGlobal('WebAssembly', withoutMemory())
    await expectRefused(
      backends[name](),
      /cannot get memory \(RangeError: could not allocate memory\)/,
      /ulimit -v.*--disable-wasm-trap-handler/,
    )
  },
)

/** Compiles a model with an open session. */
const compileModel = (session: Session): Promise<Trainer> =>
  session.compile(lenet5(), plan, initialWeights(lenet5(), { seed: 1, scheme: 'glorot' }))

test('fused says when a model is compiled that there is no memory', async () => {
  vi.stubGlobal('WebAssembly', withoutMemory())
  expect(await fused().probe()).toMatchObject({ ok: true })
  const session = await fused().open()
  await expect(compileModel(session)).rejects.toThrow(
    /bytes of memory are not available \(RangeError: could not allocate memory\).*ulimit -v.*--disable-wasm-trap-handler/,
  )
})

test.each<[string, FusedOptions]>([
  ['one thread', {}],
  ['a given module', { module: new WebAssembly.Module(await kernelBytes('simd128')) }],
  ['two threads', { threads: 2 }],
])('fused with %s creates one memory for a model, and no other', async (_name, options) => {
  let memories = 0
  class Counted extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      memories += 1
    }
  }
  vi.stubGlobal('WebAssembly', webAssemblyWith({ Memory: Counted }))
  await fusedInNode(options).probe()
  const session = await fusedInNode(options).open()
  expect(session.info.threads).toBe(options.threads ?? 1)
  expect(memories).toBe(0)
  const trainer = await compileModel(session)
  await trainer.step(toBatch(samples(lenet5(), plan.batchSize)))
  expect(memories).toBe(1)
  await session.close()
})

test('a module of something else is refused', async () => {
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  await expectRefused(
    fused({ module }),
    /^the module that was passed in is not one of its kernels$/,
    /@mnist-lab\/kernels/,
  )
})

test('an engine without the instructions of any build is refused', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
  await expectRefused(fused(), /lacks instructions/, /fused-js backend/)
})

test('a module that was compiled elsewhere runs where compiling is forbidden', async () => {
  const module = new WebAssembly.Module(await kernelBytes('simd128'))
  const refuse = function Module() {
    throw new Error('forbidden')
  }
  const customSections = Reflect.get(WebAssembly.Module, 'customSections') as unknown
  vi.stubGlobal(
    'WebAssembly',
    webAssemblyWith({ compile: refuse, Module: Object.assign(refuse, { customSections }) }),
  )
  expect(await fused({ module }).probe()).toEqual({ ok: true, detail: 'WebAssembly SIMD' })
  const session = await fused({ module }).open()
  expect(session.info.simd).toBe('simd128')
  const trainer = await compileModel(session)
  expect((await trainer.step(toBatch(samples(lenet5(), plan.batchSize)))).loss).toBeGreaterThan(0)
  await session.close()
})

test('a build whose instructions the engine lacks is refused before its kernels are loaded', async () => {
  vi.stubGlobal('WebAssembly', webAssemblyWith({ validate: () => false }))
  await expectRefused(
    fused({ build: 'simd128' }),
    /lacks instructions of WebAssembly that the build simd128 needs$/,
    /leave out the build/,
  )
})
