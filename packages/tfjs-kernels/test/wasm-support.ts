import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { expect } from 'vitest'
import type { WasmBackend } from '../src/wasm/tensorflow.js'
import { numbers } from '../../kernels/test/support.js'

export type Shape4 = [number, number, number, number]
export type Inputs = Readonly<
  Record<string, readonly [values: Float32Array, shape: readonly number[]]>
>

// This keeps advertisements off the console.
tf.enableProdMode()

export function random(shape: readonly number[], name: string): [Float32Array, readonly number[]] {
  return [
    Float32Array.from(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        name,
      ),
    ),
    shape,
  ]
}

/** Runs one kernel on one backend. */
export async function run(backend: string, kernel: string, inputs: Inputs, attrs: object) {
  await tf.setBackend(backend)
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, [values, shape]]) => [
      name,
      tf.engine().makeTensor(values.slice(), [...shape], 'float32') as tf.Tensor,
    ]),
  )
  const output = tf.engine().runKernel(kernel, tensors, attrs as tf.NamedAttrMap) as tf.Tensor
  const result = { shape: output.shape, values: Float32Array.from(output.dataSync()) }
  tf.dispose([tensors, output])
  return result
}

/**
 * Expects two tensors to be close.
 *
 * @param least the smallest number that differences are relative to, because sums of many numbers
 * can be near 0 while their rounding errors are not
 */
export function expectClose(actual: Float32Array, expected: Float32Array, least = 0): void {
  expect(actual).toHaveLength(expected.length)
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), least)
  const worst = actual.reduce(
    (most, value, i) =>
      Number.isNaN(value) ? Infinity : Math.max(most, Math.abs(value - expected[i]!)),
    0,
  )
  expect(worst).toBeLessThanOrEqual(1e-5 * scale)
}

/**
 * The inputs are random numbers around 1. A result may be much smaller, because the terms of a sum
 * cancel or relu leaves only one near 0, and it still has the rounding errors of its terms.
 */
const LEAST_SCALE = 0.05

export async function expectSameAsCpu(...work: [kernel: string, inputs: Inputs, attrs: object]) {
  const [wasm, cpu] = [await run('wasm', ...work), await run('cpu', ...work)]
  expect(wasm.shape).toEqual(cpu.shape)
  expectClose(wasm.values, cpu.values, LEAST_SCALE)
}

/** Returns the running wasm backend. */
export async function wasmBackend(): Promise<
  WasmBackend & { readonly wasm: NonNullable<WasmBackend['wasm']> }
> {
  await tf.setBackend('wasm')
  return tf.backend() as unknown as WasmBackend & {
    readonly wasm: NonNullable<WasmBackend['wasm']>
  }
}
