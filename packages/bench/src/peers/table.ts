import type { BenchEnvironment } from '../results/bench-environment.js'
import { renderTable, significant } from '@mnist-lab/report'
import { LOSS_TOLERANCE } from '../protocol/protocol.js'
import type { PeerInfo } from './messages.js'
import type { PeersOptions } from './options.js'
import { PARITY_STEPS } from './protocol.js'
import type { PeerFigures, PeersCell } from './result.js'

/** The machine and how it is measured: what a figure means nothing without. */
export function peersCaption(
  { cpu, cores, os, arch, node, date, commit }: BenchEnvironment,
  options: PeersOptions,
): string {
  return [
    `${cpu}, ${cores} cores; ${os} ${arch}; Node.js ${node}; ${date}${commit === undefined ? '' : `, commit ${commit}`}`,
    `${options.rounds} rounds; in each, every set-up is timed for ${options.seconds} s, in an order shuffled by seed ${options.seed}`,
    "×: median over the rounds of a set-up's step / the first one's of the same round, 95% bootstrap interval; above 1 is slower",
    `loss: largest difference to the first one's in ${PARITY_STEPS} steps from the same weights; ✓ at most ${LOSS_TOLERANCE}`,
  ].join('\n')
}

export function peersTable({
  model,
  batchSize,
  baseline = 'none',
  peers,
  skipped,
}: PeersCell): string {
  const table = renderTable(
    [
      { header: `${model}, batch ${batchSize}` },
      { header: 'steps', align: 'right' },
      { header: 'ms/step', align: 'right' },
      { header: `× ${baseline} [95%]`, align: 'right' },
      { header: 'loss' },
    ],
    peers.map((peer) => [
      peer.setup,
      String(peer.steps),
      significant(peer.medianMs),
      ratioText(peer),
      parityText(peer),
    ]),
  )
  const notes = skipped.map(({ setup, reason }) => `${setup}: skipped: ${reason}`)
  return [table, ...notes].join('\n')
}

/** What each engine says of itself; set-ups that say the same share a line. */
export function enginesText(cells: readonly PeersCell[]): string {
  const setups = new Map<string, Set<string>>()
  for (const { setup, info } of cells.flatMap(({ peers }) => peers)) {
    const text = engineText(info)
    setups.set(text, (setups.get(text) ?? new Set()).add(setup))
  }
  return [...setups].map(([text, names]) => `${[...names].join(', ')}: ${text}`).join('\n')
}

function engineText({ versions, details }: PeerInfo): string {
  return [...Object.entries(versions).map((entry) => entry.join(' ')), details].join(', ')
}

function ratioText({ versusBaseline }: PeerFigures): string {
  if (versusBaseline === undefined) return '1'
  const { ratio, low, high } = versusBaseline
  return `${significant(ratio)} [${significant(low)}, ${significant(high)}]`
}

function parityText({ parity: { ok, maxLossDelta } }: PeerFigures): string {
  return `${ok ? '✓' : '✗'} ${maxLossDelta === 0 ? '0' : maxLossDelta.toExponential(1)}`
}
