import { loadMnist } from '@mnist-lab/data/node'
import type { CellReport, CellRequest } from '../../../measure/cell-report.js'
import type { CellTools } from '../../../measure/opened-cell.js'
import { WORK_FOR_PURPOSE } from '../../../measure/purposes.js'
import { withStartUp } from '../../../measure/start-up.js'
import { splitRuntime } from '../../../protocol/engine-name.js'
import type { BenchRuntime } from '../../../results/cell-schema.js'
import type { Connect } from './link.js'
import { backendOver, RemoteTrainer } from './remote-backend.js'

/** The purposes whose figures would be those of messages, or need a clock in the program. */
const NOT_FROM_OUTSIDE: Partial<Record<CellRequest['purpose'], string>> = {
  profile: 'the kernels of an engine cannot be timed from outside',
  accuracy: 'a training to an accuracy cannot be timed from outside',
}

/** Describes the program of a remote engine. */
export type RemoteRuntime = Omit<BenchRuntime, 'clock'>

/**
 * Runs one request in a new program with a remote engine, which ends with it. This process times
 * the steps, many at once, because the program may have no clock.
 */
export async function runRemoteCell(
  request: CellRequest,
  signal: AbortSignal,
  connect: Connect,
  runtime: RemoteRuntime,
  loadData: CellTools['loadData'] = () => loadMnist(),
): Promise<CellReport> {
  const hint = 'leave it out for this runtime'
  const refusal =
    NOT_FROM_OUTSIDE[request.purpose] ??
    (request.slowDown === undefined ? undefined : 'an engine elsewhere cannot be slowed down')
  if (refusal !== undefined) return { status: 'unavailable', reason: refusal, hint }
  const begin = Date.now()
  const link = await connect(signal)
  const { backend } = splitRuntime(request.backend)
  const { askedThreads } = request
  try {
    const report = await WORK_FOR_PURPOSE[request.purpose](request, {
      backend: () =>
        backendOver(link, backend, askedThreads === undefined ? {} : { threads: askedThreads }),
      loadData,
      now: () => performance.now(),
      epochMs: () => Date.now(),
      bursts: (trainer) => (trainer instanceof RemoteTrainer ? trainer.bursts : undefined),
      process: link.peakRssBytes === undefined ? {} : { peakRssBytes: link.peakRssBytes },
    })
    if (report.status !== 'ok') return report
    const started = withStartUp(report, begin)
    const atOnce = report.timings?.stepsAtOnce
    const notes = atOnce === undefined ? [] : [burstNote(atOnce)]
    return {
      ...started,
      runtime: { ...runtime, clock: 'host', notes: [...notes, ...runtime.notes] },
    }
  } finally {
    await link.close()
  }
}

function burstNote(atOnce: number): string {
  return atOnce === 1
    ? 'the clock of the bench timed each step'
    : `the clock of the bench timed ${atOnce} steps at once`
}
