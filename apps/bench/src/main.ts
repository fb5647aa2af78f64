import { benchTable } from '@mnist-lab/report'
import { finishEnvironment, startEnvironment } from './environment.js'
import { exitCode } from './exit-code.js'
import { assertWritable, writeWhole } from './files.js'
import { parseOptions } from './options.js'
import { runProgram } from './program.js'
import { progressLine } from './progress.js'
import { benchResult } from './result.js'
import { runBench } from './run-bench.js'
import { runCell } from './run-cell.js'
import { schedule } from './schedule.js'

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), (text) => process.stdout.write(text))
  if (options === undefined) return 0
  const { json, svg } = options
  if (json !== undefined) await assertWritable('--json', json)
  if (svg !== undefined) await assertWritable('--svg', svg)

  const abort = new AbortController()
  // Once: a second Ctrl-C ends the program at once.
  process.once('SIGINT', () => abort.abort())
  const environment = await startEnvironment()
  const progress = progressLine(process.stderr, options.repetitions)
  const finished = await runBench(schedule(options), {
    runCell, signal: abort.signal, onProgress: (event) => progress.show(event),
  })
  progress.end()

  const result = benchResult(options, finished, finishEnvironment(environment))
  process.stdout.write(`${benchTable(result)}\n`)
  if (json !== undefined) await writeWhole('--json', json, `${JSON.stringify(result)}\n`)
  if (svg !== undefined) {
    // Half a second of loading that only a chart needs.
    const { benchChart } = await import('@mnist-lab/report/charts')
    await writeWhole('--svg', svg, benchChart(result))
  }
  return exitCode(result, options.backendsByName)
}

await runProgram(main)
