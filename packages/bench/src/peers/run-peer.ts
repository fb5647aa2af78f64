import { readFile } from 'node:fs/promises'
import type { SessionInfo } from '@mnist-lab/backends'
import { fromPyTorchLayout, type ModelSpec, toPyTorchLayout, type Weights } from '@mnist-lab/models'
import type { CellReport, CellRequest, PlainTrace } from '../measure/cell-report.js'
import { type Clock, timed } from '../measure/clock.js'
import {
  LEARNING_RATE,
  MIN_CPU_MS,
  MOMENTUM,
  PARITY_STEPS,
  PROFILE,
  stepRepeat,
  WARMUP,
} from '../protocol/protocol.js'
import { trainingPlan, withoutDropout } from '../measure/training.js'
import { Yardstick } from '../measure/yardstick.js'
import type { PeerCommand } from './command.js'
import type { Materials } from './materials.js'
import type { Budget, PeerInfo, PrepareRequest } from './messages.js'
import { type Peer, PeerError, type StartPeer } from './peer.js'

export interface RunPeerTools extends Clock {
  readonly startPeer: StartPeer
  readonly materials: Materials
  /** See `machineMs`. */
  readonly machineMs: () => number
}

/** One repetition of a cell that is a peer's: a fresh process, ended after it. */
export async function runPeer(
  command: PeerCommand,
  request: CellRequest,
  tools: RunPeerTools,
  signal: AbortSignal,
): Promise<CellReport> {
  const yardstick = new Yardstick(tools)
  let peer: Peer | undefined
  try {
    const open = await timed(tools, () => tools.startPeer(command, request.askedThreads, signal))
    peer = open.value
    const { materials } = tools
    const weightsOut = materials.weightsOut()
    const { losses, compileMs, firstStepMs, details } = await peer.ask(
      prepareRequest(request, materials, weightsOut),
      'ready',
    )
    const info = sessionInfo(command.name, {
      ...peer.info,
      ...(details === undefined ? {} : { details }),
    })
    if (request.purpose === 'profile') return await profile(peer, info)
    yardstick.measure()
    const machineBefore = tools.machineMs()
    const burst = await timed(tools, () =>
      peer!.ask(
        { type: 'burst', warmup: { minSteps: 0, seconds: 0 }, timed: timedBudget(request) },
        'burst',
      ),
    )
    const machineMs = tools.machineMs() - machineBefore
    yardstick.measure()
    const { samplesMs, cpuMs, peakRssBytes } = burst.value
    const duration = samplesMs.reduce((sum, ms) => sum + ms, 0)
    return {
      status: 'ok',
      info,
      plain: { losses, weights: await weightsOf(request, weightsOut) },
      timings: {
        steps: samplesMs,
        open: open.ms,
        yardstickMs: yardstick.medianMs,
        ...(compileMs === undefined ? {} : { compile: compileMs }),
        ...(firstStepMs === undefined ? {} : { firstStep: firstStepMs }),
        ...(cpuMs === undefined || duration < MIN_CPU_MS
          ? {}
          : { cpuShare: cpuMs / duration, othersCores: Math.max(0, machineMs - cpuMs) / burst.ms }),
        memory: peakRssBytes === undefined ? {} : { peakRssBytes },
        trainSamples: materials.trainSamples,
        testSamples: materials.testSamples,
      },
    }
  } catch (error) {
    if (!(error instanceof PeerError) && !signal.aborted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    // It never came to measure: no peer here. Later it is a failure.
    return peer === undefined
      ? {
          status: 'unavailable',
          reason,
          hint: `see docs/peers.md; it was started as ${[command.program, ...command.args].join(' ')}`,
        }
      : { status: 'failed', reason }
  } finally {
    peer?.stop()
  }
}

async function profile(peer: Peer, info: SessionInfo): Promise<CellReport> {
  if (peer.info.can?.includes('profile') !== true) {
    return {
      status: 'unavailable',
      reason: 'it cannot tell phases apart',
      hint: 'teach it the request profile: docs/peers.md',
    }
  }
  const { samplesMs, phases } = await peer.ask(
    {
      type: 'profile',
      timed: { minSteps: PROFILE.min, maxSteps: PROFILE.max, seconds: PROFILE.seconds },
    },
    'profile',
  )
  return { status: 'ok', info, profile: { steps: samplesMs, phases, kernels: [] } }
}

/** @param request of the model, its batches and seed */
export function prepareRequest(
  request: CellRequest,
  materials: Materials,
  weightsOut: string,
): PrepareRequest {
  const {
    spec,
    plan: {
      batchSize,
      optimizer: { weightDecay },
      seed,
    },
  } = trainingPlan(request)
  return {
    type: 'prepare',
    spec,
    paritySpec: withoutDropout(spec),
    paritySteps: PARITY_STEPS,
    batchSize,
    seed,
    learningRate: LEARNING_RATE,
    momentum: MOMENTUM,
    weightDecay,
    warmup: WARMUP,
    images: materials.images,
    labels: materials.labels,
    weights: materials.weights(request.model),
    weightsOut,
  }
}

function timedBudget({ budget }: CellRequest): Budget {
  const { min, max, seconds } = stepRepeat(budget)
  return { minSteps: min, maxSteps: max, seconds }
}

/** What the peer wrote, in our layout; nothing when it wrote none. */
async function weightsOf(request: CellRequest, weightsOut: string): Promise<PlainTrace['weights']> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await readFile(weightsOut))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const { spec, weights } = trainingPlan(request)
  return torchTensors(spec, weights, bytes).map(({ data }) => data)
}

function torchTensors(spec: ModelSpec, weights: Weights, bytes: Uint8Array): Weights {
  const shapes = toPyTorchLayout(spec, weights)
  const floats = new Float32Array(bytes.slice().buffer)
  const expected = shapes.reduce((sum, { data }) => sum + data.length, 0)
  if (floats.length !== expected)
    throw new PeerError(`it wrote ${floats.length} weights, not ${expected}`)
  let at = 0
  return fromPyTorchLayout(
    spec,
    shapes.map((tensor) => ({ ...tensor, data: floats.slice(at, (at += tensor.data.length)) })),
  )
}

function sessionInfo(backend: string, { versions, threads, details }: PeerInfo): SessionInfo {
  return { backend, versions, threads, device: details, simd: '–', notes: [details] }
}
