import { sizeOf } from '@mnist-lab/core'
import { MAX_DIMENSIONS, MAX_TENSORS } from '../limits.js'
import type { NamedTensor } from '../weights.js'
import { cannotImport, damagedFile } from './foreign-error.js'
import { stridedNumbers } from './layer-chain.js'
import { PickleTensor, type PickleValue, readPickle } from './pickle.js'

/** The keys under which programs keep a `state_dict` beside other things, such as the epoch. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model']

/**
 * Returns the tensors of a `state_dict` that `torch.save` wrote.
 *
 * @param files the contents of the archive by name
 * @param where the archive, for errors
 */
export function tensorsOfTorchArchive(
  files: ReadonlyMap<string, Uint8Array>,
  where: string,
): readonly NamedTensor[] {
  const pickle = [...files.keys()].find((name) => /^[^/]*\/data\.pkl$/.test(name))!
  const folder = pickle.slice(0, -'data.pkl'.length)
  const order = files.get(`${folder}byteorder`)
  if (order !== undefined && new TextDecoder().decode(order) !== 'little')
    throw cannotImport(where, 'a file in big-endian order', 'little-endian order')
  const state = stateDict(readPickle(files.get(pickle)!, where), where)
  if (state.size > MAX_TENSORS) {
    const expected = `at most ${MAX_TENSORS}`
    throw damagedFile(where, 'it has too many tensors', { expected, got: String(state.size) })
  }
  const storages = new Map<string, Float32Array>()
  return [...state].map(([name, tensor]) => {
    const { storage } = tensor
    if (storage.type !== 'torch.FloatStorage')
      throw cannotImport(where, `tensor ${name} of ${storage.type}`, 'torch.FloatStorage')
    const numbers =
      storages.get(storage.key) ?? floats(files.get(`${folder}data/${storage.key}`), where)
    storages.set(storage.key, numbers)
    return { name, ...contents(tensor, numbers, where) }
  })
}

/** Returns the `state_dict`, which may be in a dictionary with other things. */
function stateDict(value: PickleValue, where: string): ReadonlyMap<string, PickleTensor> {
  const candidates = value instanceof Map ? [value, ...WRAPPERS.map((key) => value.get(key))] : []
  const found = candidates.find(
    (map) =>
      map instanceof Map &&
      map.size > 0 &&
      [...map].every(([key, tensor]) => typeof key === 'string' && tensor instanceof PickleTensor),
  )
  if (found instanceof Map) return found as ReadonlyMap<string, PickleTensor>
  throw cannotImport(where, 'a file without a state_dict', 'torch.save(model.state_dict(), …)')
}

function floats(bytes: Uint8Array | undefined, where: string): Float32Array {
  if (bytes === undefined || bytes.length % 4 !== 0)
    throw damagedFile(where, 'the numbers of a tensor are missing')
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

/** Copies the numbers of a tensor, whose axes may be in any order in its storage. */
function contents(
  { shape, strides, offset }: PickleTensor,
  numbers: Float32Array,
  where: string,
): Pick<NamedTensor, 'shape' | 'data'> {
  const size = sizeOf(shape)
  const last = shape.reduce((at, side, axis) => at + (side - 1) * strides[axis]!, offset)
  // A stride of 0 would make many numbers of one.
  if (
    shape.length > MAX_DIMENSIONS ||
    size > numbers.length ||
    (size > 0 && last >= numbers.length)
  )
    throw damagedFile(where, 'a tensor is larger than its numbers')
  return { shape, data: stridedNumbers(numbers, { shape, strides, offset, count: size }) }
}
