import { runProgram, type Terminal } from '@mnist-lab/cli/terminal'
import { benchMarkdown, benchTable } from '@mnist-lab/report'
import { writeFileAtomic } from '@mnist-lab/train/node'
import { finishEnvironment, startEnvironment } from './environment.js'
import { exitCode } from './exit-code.js'
import { BrowserCells } from './browser/browser-cells.js'
import { assertWritable } from './files.js'
import { parseOptions } from './options.js'
import { takeApart } from './place-name.js'
import { progressLine } from './progress.js'
import { benchResult } from './result.js'
import { type FinishedBench, runBench } from './run-bench.js'
import { runCell } from './run-cell.js'
import { schedule } from './schedule.js'

async function main({ out, err, signal }: Terminal): Promise<number> {
  const options = parseOptions(process.argv.slice(2), out)
  if (options === undefined) return 0
  const { json, markdown, svg } = options
  for (const [flag, file] of Object.entries({ json, markdown, svg })) {
    if (file !== undefined) await assertWritable(`--${flag}`, file)
  }

  const environment = await startEnvironment()
  const progress = progressLine(err, options.repetitions)
  const browsers = new BrowserCells()
  let finished: FinishedBench
  try {
    finished = await runBench(schedule(options), {
      runCell: (request, signal) => (takeApart(request.backend).browser === undefined ? runCell : browsers.run)(request, signal),
      signal, onProgress: (event) => progress.show(event),
    })
  } finally {
    await browsers.close()
  }
  progress.end()

  const result = benchResult(options, finished, finishEnvironment(environment))
  out.write(`${benchTable(result)}\n`)
  if (json !== undefined) await writeFileAtomic(json, `${JSON.stringify(result)}\n`)
  if (markdown !== undefined) await writeFileAtomic(markdown, benchMarkdown(result))
  if (svg !== undefined) {
    // Half a second of loading that only a chart needs.
    const { benchChart } = await import('@mnist-lab/report/charts')
    await writeFileAtomic(svg, benchChart(result))
  }
  return exitCode(result, options.backendsByName)
}

await runProgram(main)
