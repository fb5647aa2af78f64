import { fit } from '@mnist-lab/train'
import type { CellReport, CellRequest } from './cell-report.js'
import { HOLDS } from '../protocol/protocol.js'
import { type CellTools, withTraining } from './training.js'

/**
 * Trains from the request's seed, epoch by epoch, until the test accuracy has held: at the target or above it after an epoch
 * and after the next ones, {@link HOLDS} in all. The time counts to the end of the first of them; evaluating is not in it.
 */
export function trainToAccuracy(request: CellRequest, tools: CellTools): Promise<CellReport> {
  const { target, maxEpochs } = request.accuracy!
  return withTraining<CellReport>(
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
