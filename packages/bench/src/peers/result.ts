import { bootstrapRatio, timingStatistics, type RatioInterval } from '@mnist-lab/metrics'
import { type BenchEnvironment } from '../results/bench-environment.js'
import { maxDelta } from '../measure/parity.js'
import { LEARNING_RATE, LOSS_TOLERANCE, MOMENTUM } from '../protocol/protocol.js'
import { seededRandom } from '../measure/seeded-random.js'
import type { MeasuredCell, MeasuredPeer, SkippedPeer } from './measure-cell.js'
import type { PeersOptions } from './options.js'
import { BURST_WARMUP, FIRST_WARMUP, MIN_BURST_STEPS, PARITY_STEPS, PAUSE_MS } from './protocol.js'

/** What `--out` writes. */
export interface PeersResult {
  readonly schema: 'mnist-lab/bench-peers@1'
  readonly environment: BenchEnvironment
  readonly protocol: object
  readonly cells: readonly PeersCell[]
}

export interface PeersCell {
  readonly model: string
  readonly batchSize: number
  /** The first set-up that ran; the others are compared with it. */
  readonly baseline?: string
  readonly peers: readonly PeerFigures[]
  readonly skipped: readonly SkippedPeer[]
  readonly orders: MeasuredCell['orders']
}

export interface PeerFigures extends MeasuredPeer {
  /** Timed steps of all rounds. */
  readonly steps: number
  /** Median over the rounds of the median step of each. */
  readonly medianMs: number
  /** Absent for the baseline itself. */
  readonly versusBaseline?: RatioInterval
  /** Against the baseline's losses. */
  readonly parity: { readonly maxLossDelta: number; readonly ok: boolean }
}

/** Figures from samples; the same seed gives the same interval. */
export function peersCell({ peers, ...cell }: MeasuredCell, seed: number): PeersCell {
  const baseline = peers[0]
  if (baseline === undefined) return { ...cell, peers: [] }
  return {
    ...cell,
    baseline: baseline.setup,
    peers: peers.map((peer) => peerFigures(peer, baseline, seed)),
  }
}

function peerFigures(peer: MeasuredPeer, baseline: MeasuredPeer, seed: number): PeerFigures {
  const rounds = roundMedians(peer)
  const maxLossDelta = maxDelta(peer.losses, baseline.losses)
  return {
    ...peer,
    steps: peer.rounds.reduce((sum, { length }) => sum + length, 0),
    medianMs: median(rounds),
    ...(peer === baseline
      ? {}
      : { versusBaseline: pairedRatio(rounds, roundMedians(baseline), seed) }),
    parity: { maxLossDelta, ok: maxLossDelta <= LOSS_TOLERANCE },
  }
}

/**
 * The median of the rounds' ratios with its bootstrap interval. A slow moment of the machine slows both figures of a round,
 * and leaves their ratio.
 *
 * @param ms of each round
 * @param baselineMs of the same rounds
 */
export function pairedRatio(
  ms: readonly number[],
  baselineMs: readonly number[],
  seed: number,
): RatioInterval {
  const ratios = ms.map((value, round) => value / baselineMs[round]!)
  // Over one group of ratios, and a divisor that does not vary, this is the plain bootstrap of their median.
  return bootstrapRatio([ratios], [[1]], { random: seededRandom(seed, 0) })
}

export function peersResult(
  options: PeersOptions,
  environment: BenchEnvironment,
  cells: readonly PeersCell[],
): PeersResult {
  return {
    schema: 'mnist-lab/bench-peers@1',
    environment,
    protocol: {
      rounds: options.rounds,
      seed: options.seed,
      setups: options.setups.map(({ name }) => name),
      firstWarmup: FIRST_WARMUP,
      burstWarmup: BURST_WARMUP,
      timed: { minSteps: MIN_BURST_STEPS, seconds: options.seconds },
      pauseMs: PAUSE_MS,
      training: { learningRate: LEARNING_RATE, momentum: MOMENTUM },
      parity: { steps: PARITY_STEPS, lossTolerance: LOSS_TOLERANCE },
    },
    cells,
  }
}

/** 1: not at parity; 2: a set-up that was asked for by name did not run, or none did; 0: all that could run ran. */
export function peersExitCode(cells: readonly PeersCell[], setupsByName: boolean): number {
  if (cells.some(({ peers }) => peers.some(({ parity }) => !parity.ok))) return 1
  return cells.some(
    ({ peers, skipped }) => peers.length === 0 || (setupsByName && skipped.length > 0),
  )
    ? 2
    : 0
}

function roundMedians({ rounds }: MeasuredPeer): number[] {
  return rounds.map(median)
}

function median(samples: readonly number[]): number {
  return timingStatistics(samples).medianMs
}
