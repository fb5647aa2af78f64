import { Profiler } from '@mnist-lab/backends'
import type { CellReport, CellRequest } from './cell-report.js'
import { timed } from './clock.js'
import { PROFILE, WARMUP } from '../protocol/protocol.js'
import { fullBatches, type CellTools, withTraining } from './training.js'

/** Steps with a clock around every kernel, after the warm-up; in a process of its own, for the clock is not free. */
export function profileCell(request: CellRequest, tools: CellTools): Promise<CellReport> {
  // Nothing is counted before the first `begin`: the same profiler, and the same code, warms up.
  const profiler = new Profiler(() => tools.now())
  return withTraining<CellReport>(
    request,
    tools,
    async ({ session, spec, plan, weights, train }) => {
      const trainer = await session.compile(spec, plan, weights)
      const batches = fullBatches(train, request)
      const until = async (max: number, seconds: number, step: () => Promise<void>) => {
        const end = tools.now() + seconds * 1000
        for (let done = 0; done < PROFILE.min || (done < max && tools.now() < end); done++)
          await step()
      }
      await until(WARMUP.maxSteps, WARMUP.seconds, async () => {
        await trainer.step(batches.next().value)
      })
      const steps: number[] = []
      await until(PROFILE.max, PROFILE.seconds, async () => {
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
