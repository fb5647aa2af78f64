import { setTimeout as pause } from 'node:timers/promises'
import { createStream, permutation } from '@mnist-lab/core'
import { parseEngineName } from '../../protocol/engine-name.js'
import type { BenchPlan, PeerCommand } from '../../protocol/plan.js'
import { stepRepeat, TURNS } from '../../protocol/protocol.js'
import type { SkippedEngine, TurnsGroup } from '../../results/turns-result.js'
import { backendCommand } from './commands.js'
import { type PeerInputs, prepareRequest } from './inputs.js'
import type { StepsBudget, BurstAnswer } from './messages.js'
import { PeerError, type PeerProcess, type StartPeer } from './peer-process.js'

/** The tools that taking turns needs. Tests use their own processes. */
export interface TurnsTools {
  readonly inputs: PeerInputs
  readonly startPeer: StartPeer
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
  /** The pause between turns. @default 20 */
  readonly pauseMs?: number
}

interface Player {
  readonly peer: PeerProcess
  readonly losses: readonly number[]
  readonly rounds: (readonly number[])[]
}

/**
 * Measures the engines of one model and batch size in turns. It starts a process for each engine,
 * one after the other. Then, round by round, each engine has its turn in a shuffled order while the
 * others wait. The first round does not count. An engine that does not start is left out with its
 * reason.
 *
 * @throws the signal's reason after an abort; no process is left behind
 * @throws PeerError when a process that had started ends
 */
export async function measureTurns(
  model: string,
  batchSize: number,
  plan: BenchPlan,
  tools: TurnsTools,
): Promise<TurnsGroup> {
  const players: Player[] = []
  const skipped: SkippedEngine[] = []
  try {
    for (const engine of plan.engines) {
      tools.onProgress(`${model} ${batchSize}: starting ${engine}`)
      const command = commandOf(engine, plan)
      try {
        players.push(await startPlayer(command, { model, batchSize, seed: plan.seed }, tools))
      } catch (error) {
        tools.signal.throwIfAborted()
        if (!(error instanceof PeerError)) throw error
        const hint = `it was started as ${[command.executable, ...command.args].join(' ')}`
        skipped.push({ engine, reason: error.message, hint })
      }
    }
    const orders = await playRounds(players, `${model} ${batchSize}`, plan, tools)
    const engines = players.map(({ peer: { name: engine, info }, losses, rounds }) => ({
      engine,
      info,
      losses,
      rounds,
    }))
    return { model, batchSize, engines, skipped, orders }
  } catch (error) {
    // A process that an abort has killed has not failed by itself.
    tools.signal.throwIfAborted()
    throw error
  } finally {
    for (const { peer } of players) peer.stop()
  }
}

/**
 * Starts the engine's own command under its full name, so that `torch:1` and `torch:2` are told
 * apart.
 */
function commandOf(engine: string, { peers }: BenchPlan): PeerCommand {
  const backend = parseEngineName(engine)?.backend ?? engine
  return {
    ...(peers.find(({ name }) => name === backend) ?? backendCommand(backend)),
    name: engine,
  }
}

async function startPlayer(
  command: PeerCommand,
  cell: { readonly model: string; readonly batchSize: number; readonly seed: number },
  { startPeer, inputs, signal }: TurnsTools,
): Promise<Player> {
  const peer = await startPeer(command, parseEngineName(command.name)?.threads, signal)
  try {
    const { losses } = await peer.ask(
      prepareRequest(cell, inputs, {
        paritySteps: TURNS.lossSteps,
        warmup: TURNS.firstWarmup,
      }),
      'ready',
    )
    return { peer, losses, rounds: [] }
  } catch (error) {
    peer.stop()
    throw error
  }
}

async function playRounds(
  players: readonly Player[],
  title: string,
  { seed, repetitions, budget }: BenchPlan,
  tools: TurnsTools,
): Promise<string[][]> {
  const orders: string[][] = []
  const { min: minSteps, seconds } = stepRepeat(budget)
  for (let round = 0; round <= repetitions; round++) {
    tools.onProgress(`${title}: round ${round} of ${repetitions}`)
    const turns = Array.from(
      permutation(createStream(seed, 'bench', round), players.length),
      (at) => players[at]!,
    )
    for (const { peer, rounds } of turns) {
      await pause(tools.pauseMs ?? TURNS.pauseMs, undefined, { signal: tools.signal })
      const { samplesMs } = await takeTurn(peer, { minSteps, seconds })
      if (round > 0) rounds.push(samplesMs)
    }
    if (round > 0) orders.push(turns.map(({ peer }) => peer.name))
  }
  return orders
}

async function takeTurn(peer: PeerProcess, timed: StepsBudget): Promise<BurstAnswer> {
  try {
    return await peer.ask({ type: 'burst', warmup: TURNS.turnWarmup, timed }, 'burst')
  } catch (cause) {
    if (!(cause instanceof PeerError)) throw cause
    throw new PeerError(`${peer.name} ended before the last round: ${cause.message}`, { cause })
  }
}
