import { BENCH_SCHEMA, benchTable, parseBenchResult } from '@mnist-lab/bench'
import { checkMessage } from '../judge.js'
import { checkSame, jsonBytes, parsedJson } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

/** Returns a result of the golden file with few samples, because short inputs run fast. */
function smallResult(): Record<string, unknown> {
  const golden: unknown = parsedJson(repositoryFile('tests/golden/bench-v2.json'))
  return JSON.parse(
    JSON.stringify(golden, (_, value: unknown) =>
      Array.isArray(value) ? value.slice(0, 2) : value,
    ),
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
  run(bytes) {
    const parsed = parseBenchResult(parsedJson(bytes))
    if (!parsed.ok) {
      checkMessage(parsed.what)
      return checkMessage(parsed.hint)
    }
    const again = parseBenchResult(JSON.parse(JSON.stringify(parsed.result)))
    checkSame(again.ok && again.result, parsed.result)
    benchTable(parsed.result)
  },
}
