import { decodeCheckpoint, encodeCheckpoint } from '@mnist-lab/train'
import { checkSame, checkSameJson, jsonBytes } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Part, Target } from '../target.js'
import { HEADER } from './safetensors.js'

/** The JSON text inside the metadata of the header. */
const POSITION: Part = {
  format: 'json',
  get(bytes) {
    const text = metadataOf(bytes)?.['checkpoint']
    return typeof text === 'string' ? new TextEncoder().encode(text) : undefined
  },
  set(bytes, content) {
    const { __metadata__: metadata, ...tensors } = headerOf(bytes)!
    const checkpoint = new TextDecoder().decode(content)
    return HEADER.set(
      bytes,
      jsonBytes({ __metadata__: { ...(metadata as object), checkpoint }, ...tensors }),
    )
  },
}

function headerOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  const header = HEADER.get(bytes)
  if (header === undefined) return undefined
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(header))
    // It has to be written again, which fails where it is nested too deeply.
    JSON.stringify(json)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch (error) {
    // Mutated headers are often no JSON.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

function metadataOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  return headerOf(bytes)?.['__metadata__'] as Record<string, unknown> | undefined
}

/** Checkpoints of training runs. */
export const target: Target = {
  what: 'checkpoints of training runs',
  format: 'bytes',
  seeds: () => [smallCheckpoint(), repositoryFile('tests/golden/run/checkpoint.safetensors')],
  words: [
    'weights/',
    'velocity/',
    'dense_1/kernel',
    'history',
    'pass',
    'samples',
    'stepInEpoch',
    'epoch',
    'schedule',
    'stepDecay',
    'cosine',
    'earlyStopping',
    'spec',
  ],
  parts: [HEADER, POSITION],
  maxBytes: 32_768,
  run(bytes) {
    const checkpoint = decodeCheckpoint(bytes, 'input')
    const { state, ...position } = decodeCheckpoint(encodeCheckpoint(checkpoint), 'input')
    const { state: written, ...writtenPosition } = checkpoint
    checkSame(state, written)
    // It is written as JSON, which has no −0.
    checkSameJson(position, writtenPosition)
  },
}

/** Returns a checkpoint of a model of one layer, which runs faster than real ones. */
function smallCheckpoint(): Uint8Array {
  const golden = decodeCheckpoint(
    repositoryFile('tests/golden/run/checkpoint.safetensors'),
    'golden',
  )
  const weights = [
    { name: 'dense_1/kernel', shape: [1, 2], data: Float32Array.of(1, 2) },
    { name: 'dense_1/bias', shape: [2], data: Float32Array.of(0, 0) },
  ]
  return encodeCheckpoint({
    ...golden,
    epoch: 1,
    history: [],
    stepInEpoch: 1,
    samples: 3,
    plan: { ...golden.plan, batchSize: 2 },
    pass: { ...golden.pass, samples: 2 },
    spec: {
      name: 'small',
      inputShape: [1, 1, 1],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
    },
    state: { step: 1, weights, velocity: weights },
  })
}
