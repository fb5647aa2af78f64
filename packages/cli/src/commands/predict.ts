import { argmax } from '@mnist-lab/core'
import { DIGITS } from '@mnist-lab/data'
import type { ModelSpec } from '@mnist-lab/models'
import { probabilityBars } from '@mnist-lab/report'
import {
  type BackendChoice,
  chooseBackend,
  endingInSoftmax,
  openRun,
  withTrainedModel,
} from '@mnist-lab/train/node'
import type { Command } from 'commander'
import { loadDigit } from '../input-files.js'
import { path, paths, UsageError } from '@mnist-lab/terminal'
import { addBackendFlags, type CommandContext, jsonFlag } from './command.js'

interface Flags extends BackendChoice {
  readonly json?: true
}

/** The prediction for one picture. */
interface Prediction {
  readonly image: string
  readonly label: number
  readonly className: string
  /** One for each class. */
  readonly probabilities: readonly number[]
}

/** Adds the command `mnist predict`. */
export function addPredictCommand(program: Command, { terminal }: CommandContext): void {
  const command = program
    .command('predict')
    .summary('Classifies pictures of digits with a trained model.')
    .description(
      'Classifies pictures of digits with a trained model. The pictures are PNG files of any size, grey or in colour, dark on light or light on dark.',
    )
    .argument('<run>', 'the folder of a run', path('<run>'))
    .argument('<images...>', 'PNG files with one digit each', paths('<images...>'))
  addBackendFlags(command)
    .addOption(jsonFlag('the probabilities'))
    .action(async (directory: string, images: readonly string[], flags: Flags) => {
      const opened = await openRun(directory)
      checkInput(opened.spec)
      const { backend } = await chooseBackend(flags)
      const digits = await Promise.all(
        images.map((image) =>
          loadDigit(image, (doubt) => terminal.err.write(`${image}: ${doubt}\n`)),
        ),
      )
      const spec = endingInSoftmax(opened.spec)
      const outputs = await withTrainedModel(
        backend,
        opened,
        { batchSize: digits.length, spec },
        (trainer) => trainer.predict(Uint8Array.from(digits.flatMap((digit) => Array.from(digit)))),
      )
      const predictions = images.map((image, at) => prediction(image, outputs, at, images.length))
      terminal.out.write(
        flags.json ? `${JSON.stringify(predictions)}\n` : predictions.map(rendered).join('\n'),
      )
    })
}

function checkInput({ name, inputShape }: ModelSpec): void {
  if (inputShape.join('×') === '28×28×1') return
  throw new UsageError({
    where: `model ${name}`,
    expected: 'images of 28×28×1, as pictures are prepared',
    got: inputShape.join('×'),
    hint: 'use a model for images of 28×28×1',
  })
}

function prediction(image: string, outputs: Float32Array, at: number, count: number): Prediction {
  const classes = outputs.length / count
  const probabilities = Array.from(outputs.subarray(at * classes, (at + 1) * classes))
  const label = argmax(probabilities)
  return { image, label, className: nameOf(label), probabilities }
}

function rendered({ image, className, probabilities }: Prediction): string {
  return `${image}: ${className}\n${probabilityBars(
    probabilities,
    probabilities.map((_, label) => nameOf(label)),
  )}\n`
}

function nameOf(label: number): string {
  return DIGITS[label] ?? String(label)
}
