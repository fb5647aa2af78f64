import { isInputError } from '@mnist-lab/core'
import { readSafetensors, writeSafetensors } from '@mnist-lab/models'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint, TrainError, type Checkpoint } from '../src/index.js'
import { collect, endOf, smallRun } from './small-run.js'

let checkpoint: Checkpoint
let bytes: Uint8Array
beforeAll(async () => {
  const controller = new AbortController()
  const run = await smallRun({
    signal: controller.signal,
    earlyStopping: { monitor: 'loss', patience: 2 },
  })
  checkpoint = endOf(
    await collect(run, (event) => {
      if (event.type === 'step' && event.epoch === 2) controller.abort()
    }),
  ).checkpoint
  bytes = encodeCheckpoint(checkpoint)
})

/** The file with its JSON changed. */
function altered(change: (json: Record<string, unknown>) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes, 'c')
  const json = JSON.parse(metadata.checkpoint!) as Record<string, unknown>
  change(json)
  return writeSafetensors(tensors, { ...metadata, checkpoint: JSON.stringify(json) })
}

test('a checkpoint comes back from its bytes as it was', () => {
  expect(decodeCheckpoint(bytes, 'c')).toEqual(checkpoint)
  expect(encodeCheckpoint(decodeCheckpoint(bytes, 'c'))).toEqual(bytes)
})

test.each<[string, (json: Record<string, unknown>) => void, string]>([
  [
    'a field of another type',
    (json) => (json.stepInEpoch = 'one'),
    'c: field stepInEpoch: expected number, received string; the file is damaged',
  ],
  [
    'a missing field',
    (json) => delete json.plan,
    'c: field plan: expected object, received undefined',
  ],
  [
    'a history that lacks an epoch',
    (json) => (json.history = []),
    'c: field history: its length is not the number of completed epochs',
  ],
  [
    'sums of other steps',
    (json) => (json.stepInEpoch = 2),
    'c: field pass.samples: it is not the number of samples in the steps done',
  ],
])('%s is refused by file and field', (_, change, message) => {
  expect(() => decodeCheckpoint(altered(change), 'c')).toThrow(TrainError)
  expect(() => decodeCheckpoint(altered(change), 'c')).toThrow(message)
})

test('a weight file and a checkpoint without its JSON are refused', () => {
  expect(() => decodeCheckpoint(writeSafetensors(checkpoint.state.weights), 'w')).toThrow(
    'w: expected a file of format mnist-lab/checkpoint@1, got a file without a format; ',
  )
  expect(() =>
    decodeCheckpoint(writeSafetensors([], { format: 'mnist-lab/checkpoint@1' }), 'w'),
  ).toThrow('w: not JSON (')
})

test('tensors of another model are refused', () => {
  const { tensors, metadata } = readSafetensors(bytes, 'c')
  expect(() => decodeCheckpoint(writeSafetensors(tensors.slice(1), metadata), 'c')).toThrow(
    /weights of small: /,
  )
})

test('a damaged file never gives anything but a checkpoint or an input error', () => {
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, flip, cut) => {
        const damaged = cut
          ? bytes.slice(0, at)
          : bytes.map((byte, i) => (i === at ? byte ^ flip : byte))
        try {
          expect(decodeCheckpoint(damaged, 'c').spec.inputShape).toHaveLength(3)
        } catch (error) {
          if (!isInputError(error)) throw error
          expect(error.message).not.toContain('\n')
        }
      },
    ),
    { numRuns: 300 },
  )
})
