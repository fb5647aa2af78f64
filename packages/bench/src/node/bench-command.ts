import { printable } from '@mnist-lab/core'
import { assertWritable } from '@mnist-lab/core/node'
import { loadMnist } from '@mnist-lab/data/node'
import { modelByName } from '@mnist-lab/models'
import { INTERRUPTED, type Terminal, terminalWidth } from '@mnist-lab/terminal'
import type { CellReport, RunCell } from '../measure/cell-report.js'
import { measureAll } from '../measure/run-bench.js'
import { counted } from '../present/cell-text.js'
import { benchTable } from '../present/result-table.js'
import { benchWarnings } from '../present/warnings.js'
import { engineText, splitRuntime } from '../protocol/engine-name.js'
import { secondsForCell } from '../protocol/limits.js'
import type { BenchPlan } from '../protocol/plan.js'
import { benchResult } from '../results/build-result.js'
import type { BenchEnvironment } from '../results/environment.js'
import type { BenchResult } from '../results/result-schema.js'
import { type TurnsGroup, turnsResult } from '../results/turns-result.js'
import { compareAndPrint, refuseTurns } from './compare-files.js'
import { finishEnvironment, machineMs, startEnvironment } from './environment.js'
import { findTorch, needsTorch, TORCH_HINT } from './peers/commands.js'
import { type PeerInputs, writePeerInputs } from './peers/inputs.js'
import { startPeer } from './peers/peer-process.js'
import { runPeer } from './peers/run-peer.js'
import { measureTurns } from './peers/turns.js'
import { type AnyProgress, progressLine } from './progress.js'
import { type OutputFiles, readBenchFile, writeReports } from './result-files.js'
import { Runtimes } from './runtimes/runtimes.js'

/** The command of `pnpm bench`: a plan, and what to do with its result. */
export interface BenchCommand {
  readonly plan: BenchPlan
  readonly files: OutputFiles
  /** The Python that has torch; absent for the first one that is found. */
  readonly python?: string
  /** A saved result to compare with. */
  readonly against?: string
  /** The share by which a cell may be slower than in that result before the program fails. */
  readonly failIfSlower?: number
  readonly allowOtherMachine: boolean
}

/**
 * Carries out `pnpm bench`: measures, prints the tables, writes the files and compares.
 *
 * @returns the exit code, see {@link exitCode}
 * @throws InputError before anything is measured, when a file cannot be written or read
 */
export async function runBenchCommand(command: BenchCommand, terminal: Terminal): Promise<number> {
  const { files, against, plan } = command
  for (const file of Object.values(files)) await assertWritable(file)
  const before =
    against === undefined ? undefined : { file: against, result: await readBenchFile(against) }
  if (before !== undefined) refuseTurns(before)
  const environment = await startEnvironment()
  for (const warning of benchWarnings({ environment })) terminal.err.write(`${warning}\n`)
  const progress = progressLine(terminal.err, plan)
  let result: BenchResult
  try {
    result = await measureBench(await withTorch(command, terminal), {
      environment,
      signal: terminal.signal,
      onProgress: progress.show,
    })
  } finally {
    progress.end()
  }
  terminal.out.write(`${benchTable(result, terminalWidth(terminal.out))}\n`)
  const after = { file: 'this run', result }
  await writeReports(after, files)
  if (before === undefined || result.cells.length === 0) return exitCode(result, plan)
  const { comparison, seed } = plan
  const { failIfSlower, allowOtherMachine } = command
  const options = { ...comparison, failIfSlower, allowOtherMachine, seed, markdown: undefined }
  const slower = await compareAndPrint(before, after, options, terminal)
  return exitCode(result, plan) || slower
}

/**
 * Makes PyTorch's peers use a Python that has torch. If there is none, it prints one line that says
 * how to get it.
 */
async function withTorch(
  { plan, python: named }: BenchCommand,
  { err, signal }: Terminal,
): Promise<BenchPlan> {
  if (!plan.peers.some(needsTorch)) return plan
  const python = await findTorch(named, signal)
  if (python === undefined) {
    err.write(`${printable(named ?? 'python3')} -c "import torch" fails; ${TORCH_HINT}\n`)
    return plan
  }
  const peers = plan.peers.map((peer) =>
    needsTorch(peer) ? { ...peer, executable: python } : peer,
  )
  return { ...plan, peers }
}

/** Options of {@link measureBench}. */
export interface MeasureOptions {
  /** The description of the machine before the bench. @default the function describes it first */
  readonly environment?: BenchEnvironment
  /** Ends the bench early. The result then has what had finished. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: AnyProgress) => void
}

/** Carries out a plan on this machine and returns its result. It prints nothing. */
export async function measureBench(
  plan: BenchPlan,
  options: MeasureOptions = {},
): Promise<BenchResult> {
  const environment = options.environment ?? (await startEnvironment())
  const { signal = new AbortController().signal, onProgress = () => {} } = options
  const tools = { environment, signal, onProgress }
  const turns = plan.mode === 'turns'
  const inputs =
    turns || plan.peers.length > 0
      ? await writePeerInputs(await loadMnist(), plan.models, plan.seed)
      : undefined
  try {
    return turns
      ? await measureInTurns(plan, inputs!, tools)
      : await measureFresh(plan, inputs, tools)
  } finally {
    await inputs?.remove()
  }
}

async function measureFresh(
  plan: BenchPlan,
  inputs: PeerInputs | undefined,
  { environment, signal, onProgress }: Required<MeasureOptions>,
): Promise<BenchResult> {
  const runtimes = new Runtimes({
    timeLimit: (request) => secondsForCell(request, plan.answerSeconds),
    onProgress: (text) => onProgress({ type: 'note', text }),
  })
  const runCell: RunCell = async (request, aborted): Promise<CellReport> => {
    const peer = plan.peers.find(({ name }) => name === request.backend)
    if (peer === undefined || inputs === undefined) return runtimes.run(request, aborted)
    const { answerSeconds } = plan
    const tools = { startPeer, inputs, machineMs, answerSeconds, now: () => performance.now() }
    return runPeer(peer, request, tools, aborted)
  }
  try {
    const finished = await measureAll(plan, { runCell, signal, onProgress }, environment)
    return benchResult(plan, finished, await finishEnvironment(environment))
  } finally {
    await runtimes.close()
  }
}

async function measureInTurns(
  plan: BenchPlan,
  inputs: PeerInputs,
  { environment, signal, onProgress }: Required<MeasureOptions>,
): Promise<BenchResult> {
  const groups: TurnsGroup[] = []
  const all = plan.models.length * plan.batchSizes.length
  const tools = {
    inputs,
    startPeer,
    signal,
    onProgress: (text: string) => onProgress({ type: 'turn', text }),
  }
  try {
    for (const model of plan.models.map((name) => modelByName(name).name)) {
      for (const batchSize of plan.batchSizes) {
        const group = await measureTurns(model, batchSize, plan, tools)
        groups.push(group)
        const text = `${model}, batch ${batchSize}: ${counted(plan.repetitions, 'round')} of ${counted(group.engines.length, 'engine')}`
        onProgress({ type: 'group', text, done: groups.length, all })
      }
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
  }
  return turnsResult(plan, groups, await finishEnvironment(environment), {
    ...inputs.samples,
    interrupted: groups.length < all,
  })
}

/**
 * Returns the exit code of a bench. 130: it was interrupted. 1: a cell failed or is not at parity.
 * 2: an engine, or all engines of a runtime, that was asked for by name is not available, or in
 * turns no engine ran. 0: all engines ran that could run. In a sweep over threads, a backend that
 * cannot run so many threads is not an error.
 */
export function exitCode(
  { status, cells, accuracy, protocol: { mode } }: BenchResult,
  { named, namedRuntimes = [] }: Pick<BenchPlan, 'named' | 'namedRuntimes'>,
): number {
  if (status === 'interrupted') return INTERRUPTED
  if (
    [...cells, ...(accuracy?.cells ?? [])].some(
      (cell) => cell.status === 'failed' || (cell.status === 'ok' && !cell.parity.ok),
    )
  )
    return 1
  const missing = named.some((name) => {
    const own = cells.filter((cell) => cell.backend === name || engineText(cell) === name)
    const absent = own.filter((cell) => cell.status === 'unavailable')
    // In turns every engine was asked for with its threads.
    return absent.length > 0 && (mode === 'turns' || absent.length === own.length)
  })
  const missingRuntime = namedRuntimes.some((runtime) => {
    const own = cells.filter(({ backend }) => splitRuntime(backend).runtime === runtime)
    return own.length > 0 && own.every((cell) => cell.status === 'unavailable')
  })
  const none = mode === 'turns' && !cells.some((cell) => cell.status === 'ok')
  return missing || missingRuntime || none ? 2 : 0
}
