import { memoryOf, type WasmBackend } from './tensorflow.js'

/** The largest heap that TensorFlow.js's wasm module has, in bytes. */
export const MAX_HEAP_BYTES = 65_535 * 65_536

/**
 * Makes a running wasm backend throw when its heap has no memory left. TensorFlow.js does not check
 * what `malloc` returns. It would write the tensor to address 0, over what is there, and go on with
 * wrong numbers or trap.
 *
 * @param backend what `tf.backend()` returns while the wasm backend is active
 * @param outOfMemory returns the error to throw, from the bytes that were asked for and those that
 * the heap has
 * @throws TensorFlowError when the backend lacks a member
 */
export function checkAllocations(
  backend: object,
  outOfMemory: (bytes: number, heapBytes: number) => Error,
): void {
  memoryOf(backend as WasmBackend)
  const wasm: { -readonly [Name in keyof Heap]: Heap[Name] } = (backend as WasmBackend).wasm!
  // At its first call, Emscripten's function replaces itself by a faster one.
  wasm._free(wasm._malloc(1))
  const malloc = wasm._malloc
  wasm._malloc = (bytes) => {
    // A larger number would lose its upper bits, and the heap would seem to have room for it.
    const at = bytes > MAX_HEAP_BYTES ? 0 : malloc(bytes)
    if (at === 0) throw outOfMemory(bytes, wasm.HEAPU8.byteLength)
    return at
  }
}

type Heap = NonNullable<WasmBackend['wasm']>
