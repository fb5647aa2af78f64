import type { Terminal } from '@mnist-lab/cli/terminal'
import { mnist } from '@mnist-lab/data/node'
import type { BenchResult } from '@mnist-lab/metrics'
import { benchTable, benchWarnings } from '@mnist-lab/report'
import { type ComparedFile, compareAndPrint } from '../comparison.js'
import { finishEnvironment, startEnvironment } from '../environment.js'
import { exitCode } from '../exit-code.js'
import { BrowserCells } from '../browser/browser-cells.js'
import { assertWritable, readBenchFile } from '../files.js'
import { type BenchOptions, parseOptions } from '../options.js'
import { writeMaterials, type Materials } from '../peers/materials.js'
import { startPeer } from '../peers/peer.js'
import { runPeer } from '../peers/run-peer.js'
import { machineMs } from '../machine-state.js'
import { takeApart } from '../place-name.js'
import { progressLine } from '../progress.js'
import { benchCells, benchResult } from '../result.js'
import {
  type BenchProgress,
  type FinishedBench,
  runBench,
  type RunBenchTools,
} from '../run-bench.js'
import { runCell } from '../run-cell.js'
import { againSchedule, divergenceSchedule, profileSchedule, schedule } from '../schedule.js'
import type { RunCell } from '../cell-report.js'
import { writeReports } from '../write-reports.js'

/** `bench`: measures, prints, writes. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseOptions(argv, process.env, terminal.out)
  if (options === undefined) return 0
  for (const [flag, file] of Object.entries(options.files)) await assertWritable(`--${flag}`, file)
  const before =
    options.against === undefined
      ? undefined
      : { file: options.against, result: await readBenchFile(options.against) }
  const result = await measure(options, terminal)
  terminal.out.write(`${benchTable(result)}\n`)
  await writeReports({ file: 'this run', result }, options.files)
  const slower =
    before !== undefined && result.cells.length > 0
      ? await compare(before, result, options, terminal)
      : 0
  return exitCode(result, options.named) || slower
}

async function measure(options: BenchOptions, { err, signal }: Terminal): Promise<BenchResult> {
  const environment = await startEnvironment()
  for (const warning of benchWarnings({ environment })) err.write(`${warning}\n`)
  const materials =
    options.peers.length === 0
      ? undefined
      : await writeMaterials(await mnist(), options.models, options.seed)
  const progress = progressLine(err, options)
  const browsers = new BrowserCells()
  try {
    const tools = {
      runCell: cellRunner(options, materials, browsers),
      signal,
      onProgress: (event: BenchProgress) => progress.show(event),
    }
    const finished = await measureAll(options, tools, environment)
    return benchResult(options, finished, await finishEnvironment(environment))
  } finally {
    progress.end()
    await browsers.close()
    await materials?.remove()
  }
}

/** The timed runs first, disturbed ones again, as often as there are repetitions at the most; what they make worth knowing after them. */
export async function measureAll(
  options: BenchOptions,
  tools: RunBenchTools,
  cores: Pick<BenchResult['environment'], 'cores' | 'availableCores'>,
): Promise<FinishedBench> {
  let timed = await runBench(schedule(options), tools)
  const ok = () => benchCells(options, timed.runs, cores).filter((cell) => cell.status === 'ok')
  for (let extra = 1; extra <= options.repetitions && !timed.interrupted; extra++) {
    const again = againSchedule(options, ok(), options.repetitions + extra, cores)
    if (again.length === 0) break
    timed = await runBench(again, tools, timed.runs)
  }
  if (timed.interrupted) return timed
  const ran = ok()
  const after = [
    ...(options.profile ? profileSchedule(options, ran) : []),
    ...divergenceSchedule(options, ran),
  ]
  return runBench(after, tools, timed.runs)
}

/** A peer's cells by its protocol, a browser's in it, all others in processes of ours. */
function cellRunner(
  { peers }: BenchOptions,
  materials: Materials | undefined,
  browsers: BrowserCells,
): RunCell {
  return (request, signal) => {
    const peer = peers.find(({ name }) => name === request.backend)
    if (takeApart(request.backend).browser !== undefined) return browsers.run(request, signal)
    return peer === undefined || materials === undefined
      ? runCell(request, signal)
      : runPeer(
          peer,
          request,
          { startPeer, materials, machineMs, now: () => performance.now() },
          signal,
        )
  }
}

function compare(
  before: ComparedFile,
  result: BenchResult,
  options: BenchOptions,
  terminal: Terminal,
): Promise<number> {
  const { comparison, failIfSlower, allowOtherMachine, seed } = options
  return compareAndPrint(
    before,
    { file: 'this run', result },
    { ...comparison, failIfSlower, allowOtherMachine, seed, markdown: undefined },
    terminal,
  )
}
