import { setTimeout as pause } from 'node:timers/promises'
import { modelByName } from '@mnist-lab/models'
import { createStream, permutation } from '@mnist-lab/core'
import { LEARNING_RATE, MOMENTUM } from '../protocol/protocol.js'
import { withoutDropout } from '../measure/training.js'
import type { Materials } from './materials.js'
import type { Budget, BurstAnswer, PeerInfo, PrepareRequest } from './messages.js'
import type { PeersOptions } from './options.js'
import { commandOf } from './setup.js'
import { type Peer, PeerError, type StartPeer } from './peer.js'
import { BURST_WARMUP, FIRST_WARMUP, MIN_BURST_STEPS, PARITY_STEPS, PAUSE_MS } from './protocol.js'

/** What a model and a batch size have been measured to. */
export interface MeasuredCell {
  readonly model: string
  readonly batchSize: number
  /** In the order of the options, those that ran. */
  readonly peers: readonly MeasuredPeer[]
  readonly skipped: readonly SkippedPeer[]
  /** Of each round, the names in the order in which they ran. */
  readonly orders: readonly (readonly string[])[]
}

export interface MeasuredPeer {
  readonly setup: string
  readonly info: PeerInfo
  /** Of the parity steps. */
  readonly losses: readonly number[]
  /** Milliseconds of each step, by round. */
  readonly rounds: readonly (readonly number[])[]
}

export interface SkippedPeer {
  readonly setup: string
  readonly reason: string
}

export interface CellTools {
  readonly materials: Materials
  readonly startPeer: StartPeer
  /** Undefined leaves PyTorch's set-ups out: `options.setups` has none then. */
  readonly python: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
  /** @default 20 */
  readonly pauseMs?: number
}

interface Runner {
  readonly peer: Peer
  readonly losses: readonly number[]
  readonly rounds: (readonly number[])[]
}

/**
 * Starts every set-up's process, one after the other; then, round by round, each has its turn in a shuffled order while
 * the others wait. A first round is thrown away. A set-up that does not start is left out with its reason.
 *
 * @throws the signal's reason after an abort; no process is left behind
 * @throws PeerError when a process that had started ends
 */
export async function measureCell(
  model: string,
  batchSize: number,
  options: PeersOptions,
  tools: CellTools,
): Promise<MeasuredCell> {
  const runners: Runner[] = []
  const skipped: SkippedPeer[] = []
  try {
    for (const setup of options.setups) {
      tools.onProgress(`${model} ${batchSize}: starting ${setup.name}`)
      try {
        const peer = await tools.startPeer(
          commandOf(setup, tools.python),
          setup.threads,
          tools.signal,
        )
        try {
          const { losses } = await peer.ask(
            prepareRequest(model, batchSize, options.seed, tools.materials),
            'ready',
          )
          runners.push({ peer, losses, rounds: [] })
        } catch (error) {
          peer.stop()
          throw error
        }
      } catch (error) {
        tools.signal.throwIfAborted()
        if (!(error instanceof PeerError)) throw error
        skipped.push({ setup: setup.name, reason: error.message })
      }
    }
    const orders = await playRounds(runners, model, batchSize, options, tools)
    const peers = runners.map(({ peer: { name: setup, info }, losses, rounds }) => ({
      setup,
      info,
      losses,
      rounds,
    }))
    return { model, batchSize, peers, skipped, orders }
  } catch (error) {
    // A process that was killed by an abort is no failure of its own.
    tools.signal.throwIfAborted()
    throw error
  } finally {
    for (const { peer } of runners) peer.stop()
  }
}

async function playRounds(
  runners: readonly Runner[],
  model: string,
  batchSize: number,
  options: PeersOptions,
  tools: CellTools,
): Promise<string[][]> {
  const orders: string[][] = []
  const timed = { minSteps: MIN_BURST_STEPS, seconds: options.seconds }
  for (let round = 0; round <= options.rounds; round++) {
    tools.onProgress(`${model} ${batchSize}: round ${round} of ${options.rounds}`)
    const turns = Array.from(
      permutation(createStream(options.seed, 'bench', round), runners.length),
      (at) => runners[at]!,
    )
    for (const { peer, rounds } of turns) {
      await pause(tools.pauseMs ?? PAUSE_MS, undefined, { signal: tools.signal })
      const { samplesMs } = await burst(peer, timed)
      if (round > 0) rounds.push(samplesMs)
    }
    if (round > 0) orders.push(turns.map(({ peer }) => peer.name))
  }
  return orders
}

async function burst(peer: Peer, timed: Budget): Promise<BurstAnswer> {
  try {
    return await peer.ask({ type: 'burst', warmup: BURST_WARMUP, timed }, 'burst')
  } catch (cause) {
    if (!(cause instanceof PeerError)) throw cause
    throw new PeerError(`${peer.name} did not come to the last round: ${cause.message}`, { cause })
  }
}

function prepareRequest(
  model: string,
  batchSize: number,
  seed: number,
  materials: Materials,
): PrepareRequest {
  const entry = modelByName(model)
  const spec = entry.create()
  return {
    type: 'prepare',
    spec,
    paritySpec: withoutDropout(spec),
    paritySteps: PARITY_STEPS,
    batchSize,
    seed,
    learningRate: LEARNING_RATE,
    momentum: MOMENTUM,
    weightDecay: entry.weightDecay,
    warmup: FIRST_WARMUP,
    images: materials.images,
    labels: materials.labels,
    weights: materials.weights(model),
  }
}
