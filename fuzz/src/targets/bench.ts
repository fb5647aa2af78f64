import { BENCH_SCHEMA, benchTable, parseBenchResult } from '@mnist-lab/bench'
import { readBenchFile } from '../../../packages/bench/src/node/result-files.js'
import { inputFile } from '../input-file.js'
import { checkSame, jsonBytes } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

/** Returns a result of the golden file with few samples, because short inputs run fast. */
function smallResult(): Record<string, unknown> {
  const golden = new TextDecoder().decode(repositoryFile('tests/golden/bench-v2.json'))
  return JSON.parse(golden, (_, value: unknown) =>
    Array.isArray(value) ? value.slice(0, 2) : value,
  ) as Record<string, unknown>
}

/** The result files of the benchmark, of all versions, and their table. */
export const target: Target = {
  what: 'result files of the benchmark, of all versions',
  format: 'json',
  seeds() {
    const read = parseBenchResult(smallResult())
    return [
      jsonBytes(smallResult()),
      ...(read.ok ? [jsonBytes(read.result)] : []),
      repositoryFile('tests/golden/bench-peers-v1.json'),
    ]
  },
  words: [BENCH_SCHEMA, 'mnist-lab/bench@2', 'mnist-lab/bench-peers@1', 'mnist-lab/bench@99'],
  async run(bytes) {
    const result = await readBenchFile(inputFile('bench.json', bytes))
    checkSame(await readBenchFile(inputFile('bench.json', jsonBytes(result))), result)
    benchTable(result)
  },
}
