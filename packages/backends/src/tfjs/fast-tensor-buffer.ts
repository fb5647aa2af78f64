import { type DataType, type Rank, TensorBuffer } from '@tensorflow/tfjs-core'

/**
 * Makes `TensorBuffer.get` as fast in Node.js as it is in a browser.
 *
 * TensorFlow.js's own training kernels for the cpu read every number with this method. Node.js
 * loads TensorFlow.js's ES5 build, where its `for … of` over the coordinates became an iterator
 * with two try blocks, so that a LeNet-5 step takes three times as long as with the ES2017 build
 * that bundlers pick. A reference must not be slow because of the way it was compiled. The new
 * method makes the same checks and computes the same index, so every result stays the same.
 *
 * @returns a function that puts the old method back
 */
export function installFastTensorBufferGet(): () => void {
  const { prototype } = TensorBuffer
  // The old method is kept only to be put back. It is never called from here.
  const original = Object.getOwnPropertyDescriptor(prototype, 'get')!
  prototype.get = function get(this: TensorBuffer<Rank, DataType>, ...location: number[]) {
    const { shape, strides, values } = this
    const last = location.length - 1
    if (last < 0) return values[0]!
    let index = location[last]!
    for (let i = 0; i <= last; i++) {
      const at = location[i]!
      if (at < 0 || at >= shape[i]!)
        throw new Error(
          `element [${location.join(', ')}] of a buffer of shape [${shape.join(', ')}]`,
        )
      if (i < last) index += strides[i]! * at
    }
    return values[index]!
  }
  return () => Object.defineProperty(prototype, 'get', original)
}
