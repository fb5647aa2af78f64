import { meanAndSpread, type AccuracyCell, type BenchAccuracy } from '../results/bench-accuracy.js'
import { cellTitle, type TableData } from './bench-profile-table.js'
import { parityText } from './parity-text.js'
import { percent, significant } from '@mnist-lab/report'

/** Seconds and epochs until the accuracy held, mean ± standard deviation over the seeds that came to it. */
export function accuracyTable({ target, maxEpochs, cells }: BenchAccuracy): TableData {
  return {
    columns: [
      { header: `to ${percent(target)} test accuracy` },
      { header: 'threads', align: 'right' },
      { header: 'seeds', align: 'right' },
      { header: 'seconds ± sd', align: 'right' },
      { header: 'least–most', align: 'right' },
      { header: 'epochs ± sd', align: 'right' },
      { header: 'accuracy then', align: 'right' },
      { header: 'parity' },
    ],
    rows: cells.map((cell) => row(cell, maxEpochs)),
  }
}

function row(cell: AccuracyCell, maxEpochs: number): string[] {
  if (cell.status === 'failed') return [cellTitle(cell), `failed: ${cell.reason}`]
  const { runs, threads, parity } = cell
  const reached = runs.filter(({ epochs }) => epochs !== undefined)
  const seeds =
    reached.length === runs.length ? String(runs.length) : `${reached.length} of ${runs.length}`
  if (reached.length === 0) {
    const best = Math.max(...runs.flatMap(({ accuracies }) => accuracies))
    return [
      cellTitle(cell),
      String(threads),
      seeds,
      `not within ${maxEpochs} epochs; best ${percent(best)}`,
    ]
  }
  const seconds = meanAndSpread(reached.map((run) => run.seconds!))
  const epochs = meanAndSpread(reached.map((run) => run.epochs!))
  const accuracy = meanAndSpread(reached.map((run) => run.accuracies[run.epochs! - 1]!))
  return [
    cellTitle(cell),
    String(threads),
    seeds,
    `${significant(seconds.mean)} ± ${significant(seconds.deviation)}`,
    `${significant(seconds.min)}–${significant(seconds.max)}`,
    `${significant(epochs.mean)} ± ${significant(epochs.deviation)}`,
    accuracy.mean.toFixed(4),
    parityText(parity),
  ]
}
