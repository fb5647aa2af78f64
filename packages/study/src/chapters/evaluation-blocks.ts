import type { Evaluation } from '@mnist-lab/train'
import { confusionHeatmap } from '@mnist-lab/report/charts'
import {
  type Block,
  digitPicture,
  figure,
  filterPicture,
  paragraph,
  percent,
  pictureSheet,
} from '@mnist-lab/report'
import { counted, listed, whole } from './wording.js'

/** @param name of the model and seed, in words @param file the same for a file's name */
export function confusionBlocks(
  evaluation: Evaluation,
  name: string,
  file: string,
): readonly Block[] {
  const { dataset, confusion } = evaluation
  return [
    figure(
      `confusion-${file}`,
      `${name}: ${counted(dataset.samples, 'validation image')}, true classes down, predicted ones across.`,
      (size) =>
        confusionHeatmap({ title: name, names: dataset.classNames, counts: confusion }, size),
    ),
    paragraph(confusionText(evaluation)),
  ]
}

/** What stands out in a confusion matrix, in a sentence or two. */
export function confusionText({ dataset, confusion, wrong }: Evaluation): string {
  const { classNames: names, samples } = dataset
  const at = (label: number, prediction: number) => confusion[label * names.length + prediction]!
  const cells = names.flatMap((_, label) =>
    names.map((_, prediction) => ({ label, prediction, count: at(label, prediction) })),
  )
  const worst = cells
    .filter(({ label, prediction }) => label !== prediction)
    .toSorted((a, b) => b.count - a.count)[0]
  const never = names.filter((_, prediction) =>
    names.every((_, label) => at(label, prediction) === 0),
  )
  return [
    `${whole(wrong.length)} of ${counted(samples, 'image')} ${wrong.length === 1 ? 'is' : 'are'} wrong.`,
    ...(worst === undefined || worst.count === 0
      ? []
      : [
          `Most often a ${names[worst.label]} is taken for a ${names[worst.prediction]}: ${counted(worst.count, 'time')}.`,
        ]),
    ...(never.length === 0 ? [] : [`The model never says ${listed(never)}.`]),
  ].join(' ')
}

/** How many of the classes a model ever predicts. */
export function predictedClasses({ dataset: { classNames }, confusion }: Evaluation): number {
  return classNames.filter((_, prediction) =>
    classNames.some((_, label) => confusion[label * classNames.length + prediction]! > 0),
  ).length
}

const MISTAKES = 12

/** The mistakes that the model is surest of, as pictures. */
export function mistakeBlocks(
  { mistakes, dataset }: Evaluation,
  name: string,
  file: string,
): readonly Block[] {
  if (mistakes.length === 0) return [paragraph(`${name} makes no mistake.`)]
  const {
    shape: [height, width, channels],
    classNames,
  } = dataset
  // A picture has one shade a pixel; of colours the first channel.
  const grey = (pixels: string) =>
    Uint8Array.from(atob(pixels), (byte) => byte.charCodeAt(0)).filter(
      (_, at) => at % channels === 0,
    )
  const shown = mistakes.slice(0, MISTAKES)
  return [
    figure(
      `mistakes-${file}`,
      `${name}: the ${counted(shown.length, 'mistake')} it is surest of. Under each what it says, with the probability it gives, and what the label says.`,
      (size) =>
        pictureSheet(
          {
            title: name,
            pictures: shown.map(({ pixels, label, prediction, confidence }) => ({
              picture: digitPicture(grey(pixels), width, height),
              label: [
                `${classNames[prediction]} (${percent(confidence)})`,
                `is ${classNames[label]}`,
              ],
            })),
          },
          size,
        ),
    ),
  ]
}

/** A row of them; each dense one is 784 little squares of the page. */
const FILTERS = 9

/** What the first layer looks for. */
export function filterBlocks(
  { filters }: Evaluation,
  name: string,
  file: string,
): readonly Block[] {
  const { height, width, pictures, outputs, layer } = filters
  const shown = pictures.slice(0, FILTERS)
  const scale = Math.max(...shown.flat().map(Math.abs))
  const many = shown.length < outputs ? `the first ${shown.length} of ${outputs}` : `all ${outputs}`
  return [
    figure(
      `filters-${file}`,
      `${name}: weights of the first layer (${layer}), ${many} outputs, ${height}×${width} each; blue above 0, orange below, deepest at ±${scale.toPrecision(2)}.`,
      (size) =>
        pictureSheet(
          {
            title: name,
            pictures: shown.map((weights) => ({
              picture: filterPicture(weights, width, height, scale),
            })),
          },
          size,
        ),
    ),
  ]
}
