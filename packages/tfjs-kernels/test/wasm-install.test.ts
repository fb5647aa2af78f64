// These tests check what the kernels change in TensorFlow.js and on its heap.
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, test } from 'vitest'
import { type Kernels, instantiate } from '../src/wasm/builds.js'
import { conv2D, conv2DBackpropFilter } from '../src/wasm/convolution.js'
import { Heap } from '../src/wasm/heap.js'
import { installTrainingKernels, type TensorFlow } from '../src/wasm/index.js'
import { memoryOf, type WasmBackend } from '../src/wasm/tensorflow.js'
import {
  expectClose,
  expectSameAsCpu,
  type Inputs,
  random,
  run,
  type Shape4,
  wasmBackend,
} from './wasm-support.js'

const X: Shape4 = [2, 8, 8, 3]
const FILTER: Shape4 = [3, 3, 3, 5]
const DY: Shape4 = [2, 4, 4, 5]
const work: [string, Inputs, object] = [
  'Conv2DBackpropFilter',
  { x: random(X, 'x'), dy: random(DY, 'dy') },
  { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', filterShape: FILTER },
]

const undos: (() => void)[] = []
function install(...options: Parameters<typeof installTrainingKernels>): () => void {
  const undo = installTrainingKernels(...options)
  undos.push(undo)
  return undo
}
afterEach(() => {
  for (const undo of undos.splice(0)) undo()
})

/** Counts the blocks that are allocated on the heap and not freed, from now on. */
function countBlocks({ wasm }: { readonly wasm: NonNullable<WasmBackend['wasm']> }): {
  blocks: () => number
  stop: () => void
} {
  const { _malloc, _free } = wasm
  const taken = new Set<number>()
  Object.assign(wasm, {
    _malloc(bytes: number) {
      const at = _malloc(bytes)
      taken.add(at)
      return at
    },
    _free(at: number) {
      taken.delete(at)
      _free(at)
    },
  })
  return { blocks: () => taken.size, stop: () => Object.assign(wasm, { _malloc, _free }) }
}

test("undoing the installation puts TensorFlow.js's own kernels back", () => {
  const names = ['Conv2DBackpropFilter', 'MaxPoolGrad', 'BatchMatMul', 'Tanh', 'Sum']
  const before = names.map((name) => tf.getKernel(name, 'wasm'))
  const undo = install(tf)
  for (const [i, name] of names.entries()) expect(tf.getKernel(name, 'wasm')).not.toBe(before[i])
  undo()
  expect(names.map((name) => tf.getKernel(name, 'wasm'))).toEqual(before)
  expect(before[0]).toBeUndefined()
})

test('installed twice, the kernels stay until both are undone', async () => {
  const [first, second] = [install(tf), install(tf)]
  first()
  first()
  await expectSameAsCpu(...work)
  second()
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined()
})

test('the kernels leave no tensor behind, and undoing frees the scratch memory', async () => {
  const backend = await wasmBackend()
  const held = () => [
    tf.memory().numTensors,
    tf.memory().numBytes,
    (tf.backend() as tf.KernelBackend & { numDataIds(): number }).numDataIds(),
  ]
  const before = held()
  const { blocks, stop } = countBlocks(backend)
  const undo = install(tf)
  await run('wasm', ...work)
  await run('wasm', 'Sum', { x: random([40, 30, 50], 'x') }, { axis: [0, 1], keepDims: false })
  expect(held()).toEqual(before)
  // The two blocks are tanh's constants and the scratch memory.
  expect(blocks()).toBe(2)
  undo()
  expect(blocks()).toBe(0)
  stop()
})

test('the kernels continue to work after the heap and their scratch memory have grown', async () => {
  install(tf)
  const backend = await wasmBackend()
  await expectSameAsCpu(...work)
  await tf.setBackend('wasm')
  const bytes = memoryOf(backend).buffer.byteLength
  const ballast = tf
    .engine()
    .makeTensor(new Float32Array(bytes / 2), [bytes / 2], 'float32') as tf.Tensor
  expect(memoryOf(backend).buffer.byteLength).toBeGreaterThan(bytes)
  await expectSameAsCpu(...work)
  const x: Shape4 = [1, 300, 300, 4]
  const dy: Shape4 = [1, 298, 298, 4]
  await expectSameAsCpu(
    'Conv2DBackpropInput',
    { dy: random(dy, 'dy'), filter: random([3, 3, 4, 4], 'filter') },
    { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', inputShape: x },
  )
  ballast.dispose()
})

test('the kernels follow the backend when it is removed and started again', async () => {
  install(tf)
  await expectSameAsCpu(...work)
  const first = await wasmBackend()
  const factory = tf.findBackendFactory('wasm')
  tf.removeBackend('wasm')
  tf.registerBackend('wasm', factory)
  await expectSameAsCpu(...work)
  expect(await wasmBackend()).not.toBe(first)
})

test('undoing after the backend was removed does not touch its heap', async () => {
  const undo = install(tf)
  await run('wasm', ...work)
  const factory = tf.findBackendFactory('wasm')
  await tf.setBackend('cpu')
  tf.removeBackend('wasm')
  tf.registerBackend('wasm', factory)
  expect(undo).not.toThrow()
})

test('the kernels can be installed before the backend is started', async () => {
  await wasmBackend()
  const factory = tf.findBackendFactory('wasm')
  await tf.setBackend('cpu')
  tf.removeBackend('wasm')
  tf.registerBackend('wasm', factory)
  install(tf)
  await expectSameAsCpu(...work)
  await expectSameAsCpu(
    'Conv2D',
    { x: random(X, 'x'), filter: random(FILTER, 'filter') },
    { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [2, 2] },
  )
})

describe('the installation is refused', () => {
  const one = (what: string) => new RegExp(`^@mnist-lab/tfjs-kernels/wasm: ${what}[^\n]*$`)

  test('for another version of TensorFlow.js', () => {
    expect(() =>
      installTrainingKernels({ ...tf, version_core: '4.23.0' as typeof tf.version_core }),
    ).toThrow(one('tfjs-core 4.23.0, expected 4.22.x'))
  })

  test('without the wasm backend', () => {
    const without: TensorFlow = { ...tf, getKernel: () => undefined as unknown as tf.KernelConfig }
    expect(() => installTrainingKernels(without)).toThrow(one('the wasm backend is not registered'))
  })

  test.each(['getMemoryOffset', 'makeOutput', 'typedArrayFromHeap'])(
    'whose backend has no %s',
    async (name) => {
      const backend = Object.assign(Object.create(await wasmBackend()) as object, {
        [name]: undefined,
      })
      const before = tf.getKernel('Tanh', 'wasm')
      expect(() =>
        installTrainingKernels({ ...tf, backend: () => backend as unknown as tf.KernelBackend }),
      ).toThrow(one(`a wasm backend without ${name}`))
      expect(tf.getKernel('Tanh', 'wasm')).toBe(before)
    },
  )

  test.each([
    ['_malloc', '_malloc'],
    ['_free', '_free'],
    ['asm', 'wasmMemory or asm.memory'],
  ])('whose heap has no %s', async (name, what) => {
    const backend = await wasmBackend()
    const without = Object.assign(Object.create(backend) as object, {
      wasm: { ...backend.wasm, [name]: undefined },
    })
    expect(() => memoryOf(without as unknown as WasmBackend)).toThrow(
      one(`a wasm backend without ${what};`),
    )
  })
})

describe('the modules', () => {
  test.each([false, true])(
    'write nothing when they are instantiated, on a memory that is shared: %s',
    (shared) => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared })
      const bytes = new Uint8Array(memory.buffer).fill(7)
      for (const build of ['simd128', 'relaxed'] as const) {
        const kernels: Kernels = instantiate(build, memory)
        expect(Object.values(kernels).every((kernel) => typeof kernel === 'function')).toBe(true)
      }
      expect(bytes.every((byte) => byte === 7)).toBe(true)
    },
  )
})

describe('a backend with threads', () => {
  /**
   * The part of a backend that the kernels use: a shared memory, and an allocator that never frees.
   */
  class ThreadedBackend implements WasmBackend {
    readonly #memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true })
    readonly #offsets = new Map<object, number>()
    #next = 64
    readonly wasm = {
      HEAPU8: new Uint8Array(this.#memory.buffer),
      wasmMemory: this.#memory,
      _malloc: (bytes: number) =>
        (this.#next += Math.ceil(bytes / 16) * 16) - Math.ceil(bytes / 16) * 16,
      _free: () => {},
    }

    getMemoryOffset(dataId: object): number {
      return this.#offsets.get(dataId)!
    }

    makeOutput(shape: readonly number[], dtype: 'float32'): tf.TensorInfo {
      const dataId = {}
      this.#offsets.set(dataId, this.wasm._malloc(shape.reduce((a, b) => a * b, 4)))
      return { dataId, shape: [...shape], dtype }
    }

    typedArrayFromHeap({ dataId, shape }: tf.TensorInfo): Float32Array {
      return new Float32Array(
        this.#memory.buffer,
        this.getMemoryOffset(dataId),
        shape.reduce((a, b) => a * b, 1),
      )
    }

    put([values, shape]: readonly [Float32Array, readonly number[]]): tf.TensorInfo {
      const tensor = this.makeOutput(shape, 'float32')
      this.typedArrayFromHeap(tensor).set(values)
      return tensor
    }
  }

  test('gets the same gradients, and keeps its own forward kernels, which use its threads', async () => {
    const backend = new ThreadedBackend()
    const heap = new Heap(backend, 'simd128')
    expect(heap.threaded).toBe(true)
    const [, { x, dy }, attrs] = work
    const output = conv2DBackpropFilter(
      heap,
      {
        inputs: { x: backend.put(x!), dy: backend.put(dy!) },
        attrs: attrs as tf.NamedAttrMap,
        backend,
      },
      tf,
    )
    expectClose(backend.typedArrayFromHeap(output!).slice(), (await run('cpu', ...work)).values)
    expect(
      conv2D(
        heap,
        {
          inputs: { x: backend.put(x!), filter: backend.put(random(FILTER, 'filter')) },
          backend,
          attrs: { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] },
        },
        tf,
      ),
    ).toBeUndefined()
  })
})
