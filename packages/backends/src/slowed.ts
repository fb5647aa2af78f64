import type { Backend, Session, Trainer } from './seam.js'

/**
 * A backend whose steps take longer by a share of their own time: after each it waits, busily. For testing what is to find a slow-down.
 *
 * @param share 0.1: a tenth longer
 * @param now milliseconds @default performance.now
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
      return {
        info: { ...info, notes: [...info.notes, `slowed down artificially by ${share * 100}%`] },
        compile: async (...args: Parameters<Session['compile']>) =>
          slowedTrainer(await session.compile(...args), share, now),
        memory: () => session.memory(),
        close: () => session.close(),
      }
    },
  }
}

function slowedTrainer(trainer: Trainer, share: number, now: () => number): Trainer {
  return {
    async step(batch, learningRate) {
      const begin = now()
      const result = await trainer.step(batch, learningRate)
      const elapsed = now() - begin
      const until = begin + elapsed * (1 + share)
      while (now() < until);
      return result
    },
    evaluate: (batch) => trainer.evaluate(batch),
    predict: (images) => trainer.predict(images),
    save: () => trainer.save(),
    load: (state) => trainer.load(state),
    dispose: () => trainer.dispose(),
  }
}
