import { Profiler } from '@mnist-lab/backends'
import { fit } from '@mnist-lab/train'
import { HOLDS, PROFILE, type Repeat, WARMUP } from '../protocol/protocol.js'
import type { CellReport, CellRequest } from './cell-report.js'
import { timed } from './clock.js'
import { measureCell } from './measure-cell.js'
import { type CellTools, fullBatches, withOpenedCell } from './opened-cell.js'
import { tracePrefixes } from './traces.js'

/**
 * Profiles steps with a clock around every kernel. It runs in a separate process, because that
 * clock takes time.
 */
export function profileCell(request: CellRequest, tools: CellTools): Promise<CellReport> {
  // Nothing is counted before the first `begin`, so the warm-up runs the same code with the same
  // profiler.
  const profiler = new Profiler(() => tools.now())
  return withOpenedCell<CellReport>(
    request,
    tools,
    async ({ session, spec, plan, weights, train }) => {
      const trainer = await session.compile(spec, plan, weights)
      const batches = fullBatches(train, request)
      const until = async ({ min, max, seconds }: Repeat, step: () => Promise<void>) => {
        const end = tools.now() + seconds * 1000
        for (let done = 0; done < min || (done < max && tools.now() < end); done++) await step()
      }
      const { minSteps: min, maxSteps: max, seconds } = WARMUP
      await until({ min, max, seconds }, async () => {
        await trainer.step(batches.next().value)
      })
      const steps: number[] = []
      await until(PROFILE, async () => {
        const batch = batches.next().value
        profiler.begin()
        const { ms } = await timed(tools, () => trainer.step(batch))
        profiler.end()
        steps.push(ms)
      })
      return { status: 'ok', info: session.info, profile: { ...profiler.profile(), steps } }
    },
    profiler,
  )
}

/**
 * Trains from the request's seed, epoch by epoch, until the test accuracy has held: it is at the
 * target or above after {@link HOLDS} epochs in a row. The time is that of training to the end of
 * the first of these epochs, without evaluation.
 */
export function trainToAccuracy(request: CellRequest, tools: CellTools): Promise<CellReport> {
  const { target, maxEpochs } = request.accuracy!
  return withOpenedCell<CellReport>(
    request,
    tools,
    async ({ session, spec, plan, weights, train, test }) => {
      const trainer = await session.compile(spec, plan, weights)
      const accuracies: number[] = []
      let [trainSeconds, evaluateSeconds] = [0, 0]
      const secondsAfter: number[] = []
      const reached = () => {
        const first = accuracies.length - HOLDS
        return first >= 0 && accuracies.slice(first).every((accuracy) => accuracy >= target)
          ? first
          : undefined
      }
      for await (const event of fit({
        trainer,
        spec,
        plan,
        train,
        validation: test,
        epochs: maxEpochs,
        now: tools.now,
      })) {
        if (event.type !== 'epoch') continue
        const { figures } = event
        accuracies.push(figures.validation!.accuracy)
        trainSeconds += figures.trainSeconds
        evaluateSeconds += figures.evaluateSeconds
        secondsAfter.push(trainSeconds)
        if (reached() !== undefined) break
      }
      const at = reached()
      return {
        status: 'ok',
        info: session.info,
        accuracy: {
          seed: request.seed,
          accuracies,
          trainSeconds,
          evaluateSeconds,
          ...(at === undefined ? {} : { epochs: at + 1, seconds: secondsAfter[at]! }),
        },
      }
    },
  )
}

/** The function that a process or a page runs for each purpose. */
export const WORK_FOR_PURPOSE: Readonly<
  Record<CellRequest['purpose'], (request: CellRequest, tools: CellTools) => Promise<CellReport>>
> = {
  measure: measureCell,
  reference: measureCell,
  overhead: measureCell,
  profile: profileCell,
  accuracy: trainToAccuracy,
  divergence: tracePrefixes,
}
