import type * as TrainingKernels from '@mnist-lab/tfjs-kernels/wasm'
import { type Backend, BackendError, checkThreads, type Session } from '../interface.js'
import type { Profiler } from '../profiler.js'
import { refusalError, type Refusal, refuseMemory, refuseWebAssembly } from '../web-assembly.js'

/** Options of the {@link wasm} backend. */
export interface WasmOptions {
  /**
   * Asks for a number of threads. The engine runs more than one only in a browser page that is
   * cross-origin isolated, and never in Node.js. `info` says how many threads run, and why.
   * @default the engine's own choice
   */
  readonly threads?: number
  /**
   * The address of the engine's .wasm files, a URL prefix that ends in a slash. Bundled browser
   * code needs it.
   * @default the folder of the engine's script
   */
  readonly wasmPath?: string
  /**
   * Selects the kernels. `training` is the kernels of @mnist-lab/tfjs-kernels/wasm, which replace
   * those that TensorFlow.js lacks, computes slowly or computes wrongly. `stock` is TensorFlow.js's
   * own kernels, with the missing `Conv2DBackpropFilter` composed of them. This is the backend
   * `wasm-stock`, which trains max pooling of negative numbers wrongly. Sessions of both cannot be
   * open at the same time.
   * @default 'training'
   */
  readonly kernels?: 'training' | 'stock'
  /**
   * Selects the build of the training kernels. `relaxed` rounds differently from `simd128`;
   * `scalar` is for JavaScript engines without SIMD.
   *
   * @default the fastest build that the JavaScript engine supports
   */
  readonly build?: 'relaxed' | 'simd128' | 'scalar'
  /**
   * Records the time of every kernel. No other session of this engine may be open then.
   *
   * @default none
   */
  readonly profiler?: Profiler
  /**
   * The most bytes that a training step may take, where the machine has less memory than the
   * engine's largest heap.
   * @default the largest heap, 4 GiB
   */
  readonly maxBytes?: number
}

/**
 * Creates the backend of TensorFlow.js on WebAssembly.
 *
 * @throws BackendError for a wrong number of threads
 */
export function wasm(options: WasmOptions = {}): Backend {
  const name = options.kernels === 'stock' ? 'wasm-stock' : 'wasm'
  checkThreads(name, options.threads)
  return {
    name,
    async probe() {
      return refuse() ?? { ok: true, detail: 'WebAssembly' }
    },
    open: () => openWasm(options),
  }
}

/** Returns why the engine cannot run here, or undefined when it can. */
function refuse(): Refusal | undefined {
  return refuseWebAssembly('none') ?? refuseMemory()
}

async function openWasm({
  threads,
  wasmPath,
  kernels = 'training',
  build: asked,
  profiler,
  maxBytes = Infinity,
}: WasmOptions): Promise<Session> {
  const isStock = kernels === 'stock'
  const name = isStock ? 'wasm-stock' : 'wasm'
  const refusal = refuse()
  if (refusal !== undefined) throw refusalError(name, refusal)
  const [tf, engine, training, { completeStockWasmKernels }, { openTfjs }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-backend-wasm'),
    import('@mnist-lab/tfjs-kernels/wasm'),
    import('./conv2d-backprop-filter.js'),
    import('./session.js'),
  ])
  const build = isStock ? undefined : runnable(asked, training)
  let restoreKernels = () => {}
  return openTfjs(
    {
      name: 'wasm',
      backend: name,
      // TensorFlow.js computes products with XNNPACK, but those with a transposed operand in a slow
      // loop of its own.
      transposesFirst: isStock,
      keepsDenormals: isStock,
      maxBytes: Math.min(training.MAX_HEAP_BYTES, maxBytes),
      async load() {
        // −1 is the engine's own default: one thread for each core.
        engine.setThreadsCount(threads ?? -1)
        if (wasmPath !== undefined) engine.setWasmPaths(wasmPath)
        restoreKernels = isStock
          ? completeStockWasmKernels()
          : installed(() =>
              training.installTrainingKernels(tf, build === undefined ? {} : { build }),
            )
      },
      started: () =>
        training.checkAllocations(
          tf.backend(),
          (bytes, heapBytes) =>
            new BackendError({
              where: `backend ${name}`,
              what: `${bytes} bytes of memory are not available; its heap has ${heapBytes} bytes and cannot grow`,
              expected: `at most ${training.MAX_HEAP_BYTES} bytes in all`,
              hint: 'use smaller batches',
            }),
        ),
      unload: () => restoreKernels(),
      reservedBytes: () =>
        (tf.backend() as Partial<{ wasm: { HEAPU8: Uint8Array } | null }>).wasm?.HEAPU8.buffer
          .byteLength,
      async describe() {
        const own = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'simd128' : 'scalar'
        const running = (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))
          ? engine.getThreadsCount()
          : 1
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-backend-wasm': engine.version_wasm,
            ...(isStock ? {} : { '@mnist-lab/tfjs-kernels': training.VERSION }),
          },
          device: 'WebAssembly',
          simd: build === undefined || build === 'plain' ? own : build,
          threads: running,
          notes: [
            kernelsNote(build, own),
            ...(threads === undefined || threads === running
              ? []
              : [threadsNote(threads, running, tf.env().getBool('IS_NODE'))]),
          ],
        }
      },
    },
    profiler,
  )
}

/**
 * Returns the build of the training kernels to run.
 *
 * @throws BackendError when the JavaScript engine does not support the build that was asked for
 */
function runnable(
  asked: WasmOptions['build'],
  { bestTfjsBuild, TFJS_BUILDS }: typeof TrainingKernels,
): TrainingKernels.TfjsBuild {
  const best = bestTfjsBuild()
  if (asked === undefined) return best
  const build = asked === 'scalar' ? 'plain' : asked
  if (TFJS_BUILDS.indexOf(build) >= TFJS_BUILDS.indexOf(best)) return build
  throw new BackendError({
    where: 'backend wasm',
    what: `this JavaScript engine does not run the build ${asked} of its kernels`,
    hint: 'use another build of its kernels, or a newer engine',
  })
}

/**
 * Installs the training kernels, and throws a BackendError when they do not fit the version of
 * TensorFlow.js.
 */
function installed(install: () => () => void): () => void {
  try {
    return install()
  } catch (cause) {
    throw new BackendError({
      where: 'backend wasm',
      what: cause instanceof Error ? cause.message : String(cause),
      hint: "or open wasm({ kernels: 'stock' })",
      cause,
    })
  }
}

/**
 * Returns the note that says whose kernels run.
 *
 * @param build the build of the training kernels, where they are installed
 * @param own the instruction set of TensorFlow.js's own kernels
 */
function kernelsNote(build: TrainingKernels.TfjsBuild | undefined, own: string): string {
  return build === undefined
    ? "TensorFlow.js's own kernels, and a composed Conv2DBackpropFilter"
    : `training kernels of @mnist-lab/tfjs-kernels/wasm, build ${build}; TensorFlow.js's own kernels for the rest, ${own}`
}

function threadsNote(asked: number, running: number, isNode: boolean): string {
  const why = isNode
    ? 'TensorFlow.js 4.22 does not start wasm threads in Node.js'
    : 'threads need a cross-origin isolated page and two cores each, and the first session of a page sets their number'
  return `asked for ${asked} threads, runs ${running}: ${why}`
}
