import { lstat } from 'node:fs/promises'
import type { SessionInfo } from '@mnist-lab/backends'
import { readBounded } from '@mnist-lab/core/node'
import { fromPyTorchLayout, toPyTorchLayout } from '@mnist-lab/models'
import type { CellReport, CellRequest, PlainTrace } from '../../measure/cell-report.js'
import { type Clock, timed, Yardstick } from '../../measure/clock.js'
import { trainingPlan } from '../../measure/opened-cell.js'
import { MIN_CPU_MS, PARITY_STEPS, PROFILE, stepRepeat, WARMUP } from '../../protocol/protocol.js'
import type { PeerCommand } from '../../protocol/plan.js'
import { type PeerInputs, prepareRequest } from './inputs.js'
import type { StepsBudget, PeerInfo } from './messages.js'
import { PeerError, type PeerProcess, type StartPeer } from './peer-process.js'

/** The tools that running a peer needs. */
export interface RunPeerTools extends Clock {
  readonly startPeer: StartPeer
  readonly inputs: PeerInputs
  /** Returns the time in which the machine's cores were busy. */
  readonly machineMs: () => number
  /** See `BenchPlan.answerSeconds`. */
  readonly answerSeconds?: number | undefined
}

/** Measures one repetition of a peer's cell in a fresh process, and ends the process afterwards. */
export async function runPeer(
  command: PeerCommand,
  request: CellRequest,
  tools: RunPeerTools,
  signal: AbortSignal,
): Promise<CellReport> {
  const yardstick = new Yardstick(tools)
  let peer: PeerProcess | undefined
  try {
    const open = await timed(tools, () =>
      tools.startPeer(command, request.askedThreads, signal, tools.answerSeconds),
    )
    peer = open.value
    const { inputs } = tools
    const weightsOut = inputs.weightsOut()
    const { losses, compileMs, firstStepMs, details } = await peer.ask(
      prepareRequest(request, inputs, {
        paritySteps: PARITY_STEPS,
        warmup: WARMUP,
        weightsOut,
      }),
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
        { type: 'burst', warmup: { minSteps: 0, seconds: 0 }, timed: timedSteps(request) },
        'burst',
      ),
    )
    const machineMs = tools.machineMs() - machineBefore
    yardstick.measure()
    await peer.assertQuiet()
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
        ...inputs.samples,
      },
    }
  } catch (error) {
    if (!(error instanceof PeerError) && !signal.aborted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    // A peer that does not open is not available here. A peer that stops later has failed.
    return peer === undefined
      ? {
          status: 'unavailable',
          reason,
          hint: `see docs/peers.md; it was started as ${[command.executable, ...command.args].join(' ')}`,
        }
      : { status: 'failed', reason }
  } finally {
    peer?.stop()
  }
}

async function profile(peer: PeerProcess, info: SessionInfo): Promise<CellReport> {
  if (peer.info.can?.includes('profile') !== true) {
    return {
      status: 'unavailable',
      reason: 'this peer cannot time phases',
      hint: 'make it answer the request profile: see docs/peers.md',
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

function timedSteps({ budget }: CellRequest): StepsBudget {
  const { min, max, seconds } = stepRepeat(budget)
  return { minSteps: min, maxSteps: max, seconds }
}

/**
 * Returns the weights that the peer wrote, in Keras order and layout; empty if it wrote none.
 *
 * @throws PeerError when they are not the model's, or cannot be read
 */
async function weightsOf(request: CellRequest, weightsOut: string): Promise<PlainTrace['weights']> {
  const { spec, weights } = trainingPlan(request)
  const shapes = toPyTorchLayout(spec, weights)
  const expected = shapes.reduce((sum, { data }) => sum + data.length, 0)
  const bytes = await bytesOf(weightsOut, 4 * expected)
  if (bytes === undefined) return []
  const floats = new Float32Array(bytes.slice().buffer)
  let at = 0
  return fromPyTorchLayout(
    spec,
    shapes.map((tensor) => ({ ...tensor, data: floats.slice(at, (at += tensor.data.length)) })),
  ).map(({ data }) => data)
}

/** Returns the bytes of a file that a peer may have written, or undefined if there is none. */
async function bytesOf(file: string, expected: number): Promise<Uint8Array | undefined> {
  try {
    const found = await lstat(file)
    // Reading a pipe would never end, and a link may lead anywhere.
    if (!found.isFile() || found.size !== expected)
      throw new PeerError(
        `it wrote ${found.isFile() ? `${found.size} bytes` : 'no file'} of weights, not ${expected} bytes`,
      )
    return await readBounded(file, expected)
  } catch (error) {
    if (error instanceof PeerError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new PeerError(`its weights cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function sessionInfo(
  backend: string,
  { versions, threads, details, simd = '–' }: PeerInfo,
): SessionInfo {
  return { backend, versions, threads, device: details, simd, notes: [details] }
}
