import { expect, test } from 'vitest'
import { progressText } from '../src/training-view.js'

test('progress shows the mean of the epoch so far and the remaining time, without the time between epochs', () => {
  let clock = 0
  const progress = progressText(2, () => clock)
  const step = (epoch: number, at: number, loss: number, correct: number) => {
    clock += 100
    progress.add({
      type: 'step',
      epoch,
      step: at,
      stepsPerEpoch: 4,
      loss,
      correct,
      size: 10,
      learningRate: 0.1,
    })
  }
  step(1, 1, 3, 2)
  step(1, 2, 1, 4)
  expect(progress.line(false)).toBe(
    'epoch 1/2  2/4  loss 2.0000  acc 0.3000  100 ms/step  1 s left',
  )
  expect(progress.line(true)).toContain('  ██████████░░░░░░░░░░  ')
  clock += 50_000
  progress.mark()
  step(2, 1, 5, 9)
  expect(progress.line(false)).toBe(
    'epoch 2/2  1/4  loss 5.0000  acc 0.9000  100 ms/step  0 s left',
  )
})
