import { type Backend, type Session, type Trainer, withOverrides } from '../interface.js'

/**
 * Returns a backend whose steps take longer by a share of their own time, because it waits in a
 * busy loop after each step. It is for testing programs that have to notice a slow-down.
 *
 * @param share how much longer a step takes: 0.1 means a tenth
 * @param now a clock in milliseconds @default performance.now
 */
export function slowed(
  backend: Backend,
  share: number,
  now: () => number = () => performance.now(),
): Backend {
  return {
    name: backend.name,
    probe: () => backend.probe(),
    async open() {
      const session = await backend.open()
      const { info } = session
      return withOverrides<Session>(session, {
        info: { ...info, notes: [...info.notes, `slowed down artificially by ${share * 100}%`] },
        compile: async (spec, plan, weights) =>
          slowedTrainer(await session.compile(spec, plan, weights), share, now),
      })
    },
  }
}

function slowedTrainer(trainer: Trainer, share: number, now: () => number): Trainer {
  return withOverrides(trainer, {
    async step(batch, learningRate) {
      const begin = now()
      const result = await trainer.step(batch, learningRate)
      const elapsed = now() - begin
      const until = begin + elapsed * (1 + share)
      while (now() < until);
      return result
    },
  })
}
