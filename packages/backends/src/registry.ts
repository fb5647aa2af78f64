import type { FusedOptions } from './fused.js'
import {
  type Backend,
  BackendError,
  checkThreads,
  type SessionInfo,
  withOverrides,
} from './interface.js'
import type { Profiler } from './profiler.js'
import type { WasmOptions } from './tfjs/wasm.js'

/** Names a kind of JavaScript runtime that a backend can run in. */
export type BackendRuntime = 'node' | 'browser'

/**
 * The options that a program can give to any backend. A backend ignores those that it has no use
 * for.
 */
export interface BackendOptions {
  /** A whole number from 1 to `MAX_THREADS`. Backends without threads of their own ignore it. */
  readonly threads?: number
  /** The address of TensorFlow.js's .wasm files; see {@link WasmOptions}. */
  readonly wasmPath?: string
  /**
   * Selects the build of the kernels, where a backend has several; see {@link FusedOptions} and
   * {@link WasmOptions}.
   *
   * @default the fastest one that the JavaScript engine supports
   */
  readonly build?: NonNullable<FusedOptions['build']>
  /** Records how long the parts of a step take. The null backend, WebGL and WebGPU ignore it. */
  readonly profiler?: Profiler
}

/** The options that make a variant of a backend. */
type VariantOptions = Pick<FusedOptions, 'build' | 'convolutions'> & Pick<WasmOptions, 'kernels'>

/** One backend that ships with this package. */
export interface BackendEntry {
  readonly name: string
  /** What the backend is, in one sentence. */
  readonly description: string
  readonly runtimes: readonly BackendRuntime[]
  /** For a variant: the backend it is a variant of, and the options that make it one. */
  readonly variant?: { readonly of: string; readonly options: VariantOptions }
  /** Whether lists of backends leave it out, so that it is known by name alone. @default false */
  readonly unlisted?: true
}

/**
 * Every backend that ships, from fast to slow for the study's models. Native TensorFlow comes after
 * wasm, because it calls one operation at a time, and at batch 32 the calls take longer than the
 * computation. The fused engine in JavaScript comes before TensorFlow.js in JavaScript: where
 * JavaScript is compiled, V8 and JavaScriptCore run it faster, and SpiderMonkey no slower. Where it
 * is only interpreted, the engines differ: JavaScriptCore runs fused-js faster, and V8 with
 * `--jitless` runs cpu faster, because it rounds a number to 32 bits by a call. The order is the
 * same there, so that a run without WebAssembly has the same weights on every engine.
 */
export const BACKENDS: readonly BackendEntry[] = [
  {
    name: 'fused',
    description: 'Our own engine: WebAssembly kernels that run a whole training step in one call.',
    runtimes: ['node', 'browser'],
  },
  {
    name: 'webgpu',
    description: 'TensorFlow.js on WebGPU.',
    runtimes: ['browser'],
  },
  {
    name: 'wasm',
    description:
      'TensorFlow.js on WebAssembly, with the training kernels of @mnist-lab/tfjs-kernels.',
    runtimes: ['node', 'browser'],
  },
  {
    name: 'webgl',
    description: 'TensorFlow.js on WebGL 2, in 32-bit floats.',
    runtimes: ['browser'],
  },
  {
    name: 'node',
    description:
      'Native TensorFlow through the addon of tfjs-node, once `mnist setup-native` has set it up.',
    runtimes: ['node'],
  },
  {
    name: 'fused-js',
    description: 'The fused engine in pure JavaScript, for places without WebAssembly.',
    runtimes: ['node', 'browser'],
  },
  {
    name: 'cpu',
    description:
      'TensorFlow.js in pure JavaScript, with the training kernels of @mnist-lab/tfjs-kernels.',
    runtimes: ['node', 'browser'],
  },
  {
    name: 'fused-simd128',
    description:
      'The fused engine in the build that gives the same bits on every machine with SIMD.',
    runtimes: ['node', 'browser'],
    variant: { of: 'fused', options: { build: 'simd128' } },
    unlisted: true,
  },
  {
    name: 'fused-scalar',
    description: 'The fused engine without SIMD, in the build for every engine with WebAssembly.',
    runtimes: ['node', 'browser'],
    variant: { of: 'fused', options: { build: 'scalar' } },
    unlisted: true,
  },
  {
    name: 'fused-direct',
    description: 'The fused engine with every convolution summed directly, without Winograd.',
    runtimes: ['node', 'browser'],
    variant: { of: 'fused', options: { convolutions: 'direct' } },
    unlisted: true,
  },
  {
    name: 'wasm-stock',
    description: "TensorFlow.js on WebAssembly with TensorFlow.js's own kernels.",
    runtimes: ['node', 'browser'],
    variant: { of: 'wasm', options: { kernels: 'stock' } },
    unlisted: true,
  },
  {
    name: 'cpu-stock',
    description: "TensorFlow.js in pure JavaScript with TensorFlow.js's own kernels.",
    runtimes: ['node', 'browser'],
    variant: { of: 'cpu', options: { kernels: 'stock' } },
    unlisted: true,
  },
  {
    name: 'null',
    description:
      'Computes nothing of use, for testing and for measuring the overhead of a program.',
    runtimes: ['node', 'browser'],
    unlisted: true,
  },
]

/** Returns the names of the listed backends that a runtime can have, from fast to slow. */
export function listedNames(runtime: BackendRuntime): readonly string[] {
  return BACKENDS.filter(
    ({ runtimes, unlisted }) => runtimes.includes(runtime) && unlisted !== true,
  ).map(({ name }) => name)
}

/** The factories of a runtime's backends, by name, without the variants. */
export type BackendFactories = Readonly<
  Record<string, (options: BackendOptions & VariantOptions) => Backend>
>

/** The backends of {@link BACKENDS} that one runtime can have. */
export class BackendRegistry {
  /** The listed names, from fast to slow. */
  readonly names: readonly string[]
  readonly #runtime: BackendRuntime
  readonly #factories: BackendFactories

  /**
   * @param factories a factory for each backend of the runtime; they must load nothing heavy,
   * because the registry imports all of them
   */
  constructor(runtime: BackendRuntime, factories: BackendFactories) {
    this.#runtime = runtime
    this.#factories = factories
    this.names = listedNames(runtime)
  }

  /**
   * Creates a backend by its name. Nothing heavy is loaded before it is opened.
   *
   * @param name a name in {@link BACKENDS}
   * @throws BackendError when there is no backend of that name in this runtime, or for a wrong
   * number of threads
   */
  create(name: string, options: BackendOptions = {}): Backend {
    const entry = BACKENDS.find((known) => known.name === name)
    if (!entry?.runtimes.includes(this.#runtime)) {
      const elsewhere =
        this.#runtime === 'node' ? 'it runs only in browsers' : 'it runs only in Node.js'
      throw new BackendError({
        where: `backend ${name}`,
        what: entry === undefined ? 'unknown' : elsewhere,
        expected: `one of ${this.names.join(', ')}`,
        hint: this.#runtime === 'node' ? 'see `mnist doctor`' : 'choose another backend',
      })
    }
    checkThreads(name, options.threads)
    const { of, options: variant } = entry.variant ?? { of: name, options: {} }
    const backend = this.#factories[of]!({ ...options, ...variant })
    return entry.variant === undefined ? backend : variantOf(backend, entry.name, entry.variant)
  }

  /**
   * Creates a backend by its name and probes it. The name `auto` means the fastest one that probes
   * ok.
   *
   * @throws BackendError when the backend is unknown or not available here, with the reason and a
   * hint
   */
  async available(name: string, options: BackendOptions = {}): Promise<Choice> {
    if (name === 'auto')
      return firstAvailable(this.names.map((known) => this.create(known, options)))
    const backend = this.create(name, options)
    const probe = await backend.probe()
    if (!probe.ok)
      throw new BackendError({ where: `backend ${name}`, what: probe.reason, hint: probe.hint })
    return { backend, why: `${name}, chosen by name` }
  }
}

/** Gives a backend the name of a variant, in {@link SessionInfo} too. */
function variantOf(
  backend: Backend,
  name: string,
  variant: NonNullable<SessionInfo['variant']>,
): Backend {
  return {
    name,
    probe: () => backend.probe(),
    async open() {
      const session = await backend.open()
      return withOverrides(session, { info: { ...session.info, backend: name, variant } })
    },
  }
}

/** A backend that is available, and why it was chosen. */
export interface Choice {
  readonly backend: Backend
  /** One line: which backend, and why. */
  readonly why: string
}

/**
 * Returns the first backend that probes ok. Order the candidates from fast to slow.
 *
 * @throws BackendError with every candidate's reason when none is available
 */
export async function firstAvailable(candidates: readonly Backend[]): Promise<Choice> {
  const refused: string[] = []
  for (const backend of candidates) {
    const probe = await backend.probe()
    if (probe.ok) {
      const before = refused.length > 0 ? `; ${refused.join('; ')}` : ''
      return {
        backend,
        why: `${backend.name}, the fastest backend available here (${probe.detail}${before})`,
      }
    }
    refused.push(`${backend.name}: ${probe.reason}`)
  }
  throw new BackendError({
    where: 'backend auto',
    what: `none is available: ${refused.join('; ')}`,
    hint: 'see `mnist doctor`',
  })
}
