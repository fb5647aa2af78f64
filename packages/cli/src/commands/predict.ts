import { argmax, printable, printableJson } from '@mnist-lab/core'
import { numberedClasses } from '@mnist-lab/data'
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

/** The most pictures in a batch, so that memory is bounded whatever the number of files. */
const PICTURES_AT_ONCE = 256

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
      'Classifies pictures of digits with a trained model. The pictures are PNG or JPEG files of any size, grey or in colour, dark on light or light on dark. JPEG files are turned as their EXIF orientation says.',
    )
    .argument('<run>', 'the folder of a run', path('<run>'))
    .argument('<images...>', 'PNG or JPEG files with one digit each', paths('<images...>'))
  addBackendFlags(command)
    .addOption(jsonFlag('the probabilities'))
    .action(async (directory: string, images: readonly string[], flags: Flags) => {
      const opened = await openRun(directory)
      checkInput(opened.spec)
      const { backend } = await chooseBackend(flags)
      // One after the other, because a picture can take hundreds of megabytes until it is prepared.
      const digits: Uint8Array[] = []
      for (const image of images) {
        const doubtful = (doubt: string) => terminal.err.write(`${printable(image)}: ${doubt}\n`)
        digits.push(await loadDigit(image, doubtful))
      }
      const spec = endingInSoftmax(opened.spec)
      const outputs = await withTrainedModel(
        backend,
        opened,
        { batchSize: Math.min(digits.length, PICTURES_AT_ONCE), spec },
        (trainer) => trainer.predict(Uint8Array.from(digits.flatMap((digit) => Array.from(digit)))),
      )
      const predictions = images.map((image, at) => prediction(image, outputs, at, images.length))
      terminal.out.write(
        flags.json ? `${printableJson(predictions)}\n` : predictions.map(rendered).join('\n'),
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
  return { image, label, className: String(label), probabilities }
}

function rendered({ image, className, probabilities }: Prediction): string {
  return `${printable(image)}: ${className}\n${probabilityBars(
    probabilities,
    numberedClasses(probabilities.length),
  )}\n`
}
