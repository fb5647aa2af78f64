import type { Terminal } from '@mnist-lab/terminal'
import { loadMnist } from '@mnist-lab/data/node'
import {
  type BenchProgress,
  type BenchResult,
  benchTable,
  benchWarnings,
  type RunCell,
  takeApart,
} from '@mnist-lab/bench'
import {
  assertWritable,
  type BenchOptions,
  benchResult,
  BrowserCells,
  compareAndPrint,
  type ComparedFile,
  exitCode,
  finishEnvironment,
  machineMs,
  measureAll,
  type Materials,
  parseOptions,
  progressLine,
  readBenchFile,
  runCell,
  runPeer,
  startEnvironment,
  startPeer,
  writeMaterials,
  writeReports,
} from '@mnist-lab/bench/node'

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
      : await writeMaterials(await loadMnist(), options.models, options.seed)
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
