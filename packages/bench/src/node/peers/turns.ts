import { setTimeout as pause } from 'node:timers/promises'
import { createStream, permutation } from '@mnist-lab/core'
import { parseEngineName } from '../../protocol/engine-name.js'
import type { BenchPlan, PeerCommand } from '../../protocol/plan.js'
import { stepRepeat, TURNS } from '../../protocol/protocol.js'
import type { FailedEngine, SkippedEngine, TurnsGroup } from '../../results/turns-result.js'
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

type AnswerTime = Pick<BenchPlan, 'answerSeconds'>

interface Player {
  readonly peer: PeerProcess
  readonly losses: readonly number[]
  readonly rounds: (readonly number[])[]
}

/**
 * Measures the engines of one model and batch size in turns. It starts a process for each engine,
 * one after the other. Then, round by round, each engine has its turn in a shuffled order while the
 * others wait. The first round does not count. An engine that does not start is left out with its
 * reason, and so is one that fails later; the others go on.
 *
 * @throws the signal's reason after an abort; no process is left behind
 */
export async function measureTurns(
  model: string,
  batchSize: number,
  plan: BenchPlan,
  tools: TurnsTools,
): Promise<TurnsGroup> {
  const cell = { model, batchSize, seed: plan.seed }
  const players: Player[] = []
  const skipped: SkippedEngine[] = []
  try {
    for (const engine of plan.engines) {
      tools.onProgress(`${model} ${batchSize}: starting ${engine}`)
      const command = commandOf(engine, plan)
      try {
        players.push(await startPlayer(command, cell, { ...tools, ...plan }))
      } catch (error) {
        tools.signal.throwIfAborted()
        if (!(error instanceof PeerError)) throw error
        const hint = `it was started as ${[command.executable, ...command.args].join(' ')}`
        skipped.push({ engine, reason: error.message, hint })
      }
    }
    const { orders, failed } = await playRounds(players, `${model} ${batchSize}`, plan, tools)
    const lasted = players.filter(({ peer }) => !failed.some(({ engine }) => engine === peer.name))
    const engines = lasted.map(({ peer: { name: engine, info }, losses, rounds }) => ({
      engine,
      info,
      losses,
      rounds,
    }))
    return { model, batchSize, engines, skipped, failed, orders }
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
  { startPeer, inputs, signal, answerSeconds }: TurnsTools & AnswerTime,
): Promise<Player> {
  const peer = await startPeer(
    command,
    parseEngineName(command.name)?.threads,
    signal,
    answerSeconds,
  )
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
): Promise<Pick<TurnsGroup, 'orders' | 'failed'>> {
  const orders: string[][] = []
  const failed: FailedEngine[] = []
  const { min: minSteps, seconds } = stepRepeat(budget)
  let left = [...players]
  for (let round = 0; round <= repetitions && left.length > 0; round++) {
    tools.onProgress(`${title}: round ${round} of ${repetitions}`)
    const turns = Array.from(
      permutation(createStream(seed, 'bench', round), left.length),
      (at) => left[at]!,
    )
    const order: string[] = []
    for (const player of turns) {
      const { peer, rounds } = player
      await pause(tools.pauseMs ?? TURNS.pauseMs, undefined, { signal: tools.signal })
      try {
        const { samplesMs } = await takeTurn(peer, { minSteps, seconds })
        if (round > 0) rounds.push(samplesMs)
        order.push(peer.name)
      } catch (error) {
        tools.signal.throwIfAborted()
        if (!(error instanceof PeerError)) throw error
        peer.stop()
        left = left.filter((other) => other !== player)
        failed.push({
          engine: peer.name,
          reason: `it was lost in round ${round} of ${repetitions}: ${error.message}`,
        })
      }
    }
    if (round > 0) orders.push(order)
  }
  return { orders, failed }
}

function takeTurn(peer: PeerProcess, timed: StepsBudget): Promise<BurstAnswer> {
  return peer.ask({ type: 'burst', warmup: TURNS.turnWarmup, timed }, 'burst')
}
