import { argmax, printable, printableJson } from '@mnist-lab/core'
import type { ModelSpec } from '@mnist-lab/models'
import { probabilityBars } from '@mnist-lab/report'
import { chooseBackend, endingInSoftmax, openRun, withTrainedModel } from '@mnist-lab/train/node'
import { namedClasses } from '../data-options.js'
import { loadDigit } from '../digit-picture.js'
import { UsageError } from '@mnist-lab/terminal'
import type { CommandContext } from '../commands/command.js'
import type { PredictFlags } from '../commands/predict.js'

/** The most pictures in a batch, so that memory is bounded whatever the number of files. */
const PICTURES_AT_ONCE = 256

/** The prediction for one picture. */
interface Prediction {
  readonly image: string
  readonly label: number
  readonly className: string
  /** One for each class. */
  readonly probabilities: readonly number[]
}

/** Classifies the pictures in files, and prints the probabilities. */
export async function predictDigits(
  directory: string,
  images: readonly string[],
  flags: PredictFlags,
  { terminal }: CommandContext,
): Promise<void> {
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
  const names =
    flags.classes === undefined
      ? (opened.run.dataset.classNames ?? [])
      : (await namedClasses(flags.classes)).names
  const predictions = images.map((image, at) =>
    prediction(
      image,
      outputs.subarray(
        (at * outputs.length) / images.length,
        ((at + 1) * outputs.length) / images.length,
      ),
      names,
    ),
  )
  terminal.out.write(
    flags.json
      ? `${printableJson(predictions)}\n`
      : predictions.map((one) => rendered(one, names)).join('\n'),
  )
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

/** @param names of the classes. Outputs beyond them are called by their numbers */
function prediction(image: string, outputs: Float32Array, names: readonly string[]): Prediction {
  const probabilities = Array.from(outputs)
  const label = argmax(probabilities)
  return { image, label, className: names[label] ?? String(label), probabilities }
}

function rendered(
  { image, className, probabilities }: Prediction,
  names: readonly string[],
): string {
  const bars = probabilityBars(
    probabilities,
    probabilities.map((_, at) => printable(names[at] ?? String(at))),
  )
  return `${printable(image)}: ${printable(className)}\n${bars}\n`
}
