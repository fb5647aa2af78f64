import { BENCH_SCHEMA, benchTable, parseBenchResult } from '@mnist-lab/bench'
import { readBenchFile } from '../../../packages/bench/src/node/result-files.js'
import { inputFile } from '../input-file.js'
import { checkSameJson, jsonBytes } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

/** Returns a result of an earlier version with few samples, because short inputs run fast. */
function smallResult(file: string): unknown {
  const golden = new TextDecoder().decode(repositoryFile(file))
  return JSON.parse(golden, (key, value: unknown) => {
    if (Array.isArray(value)) return value.slice(0, key === 'cells' ? 1 : 3)
    // One repetition has all samples that are left.
    const isStep = key === 'step' && value !== null
    return isStep ? { ...value, n: 3, samplesPerRepetition: [3] } : value
  }) as unknown
}

/** The result files of the benchmark, of all versions, and their table. */
export const target: Target = {
  what: 'result files of the benchmark, of all versions',
  format: 'json',
  seeds() {
    const older = ['bench-v2', 'bench-peers-v1'].map((name) =>
      smallResult(`tests/golden/${name}.json`),
    )
    const current = older.map(parseBenchResult).flatMap((read) => (read.ok ? read.result : []))
    return [...older, ...current].map(jsonBytes)
  },
  words: [BENCH_SCHEMA, 'mnist-lab/bench@2', 'mnist-lab/bench-peers@1', 'mnist-lab/bench@99'],
  async run(bytes) {
    const result = await readBenchFile(inputFile('bench.json', bytes))
    checkSameJson(await readBenchFile(inputFile('bench.json', jsonBytes(result))), result)
    // The intervals in the table take ten times as long as all the rest.
    if (bytes.length % 16 === 0) benchTable(result)
  },
}
