import {
  type Block,
  digitPicture,
  figure,
  filterPicture,
  frequentMistakes,
  heading,
  MAX_SHOWN_CLASSES,
  paragraph,
  percent,
  pictureSheet,
  table,
} from '@mnist-lab/report'
import { confusionHeatmap } from '@mnist-lab/report/charts'
import { confusionCountsOf, type Evaluation } from '@mnist-lab/train'
import { mainGroups, type StudyResults } from '../results.js'
import { counted, listed, TITLES, whole } from './format.js'

/** Shows confusion matrices, mistakes and first-layer filters of the first seed's models. */
export function mistakesChapter(results: StudyResults): readonly Block[] {
  const models = mainGroups(results).map(({ variant, group }) => ({
    variant,
    evaluation: group[0].evaluation,
    name: `${TITLES[variant]}, seed ${group[0].planned.seed}`,
  }))
  if (models.length === 0) return []
  const each = (blocks: typeof confusionBlocks) =>
    models.flatMap(({ evaluation, name, variant }) => blocks(evaluation, name, variant))
  return [
    heading(2, 'Mistakes of the models'),
    heading(3, 'Confusion matrices'),
    ...each(confusionBlocks),
    heading(3, 'Most confident mistakes'),
    ...each(mistakeBlocks),
    heading(3, 'First-layer filters'),
    ...each(filterBlocks),
  ]
}

/**
 * Draws a confusion matrix and describes it.
 *
 * @param name the name of the model in the text
 * @param file the same name in file names
 */
export function confusionBlocks(
  evaluation: Evaluation,
  name: string,
  file: string,
): readonly Block[] {
  const { dataset, confusion = [] } = evaluation
  const { classNames } = dataset
  if (classNames.length > MAX_SHOWN_CLASSES) {
    const { columns, rows } = frequentMistakes(confusionCountsOf(evaluation), classNames)
    return [
      paragraph(
        `The confusion matrix of ${name} has ${whole(classNames.length)} classes and is too large to draw. ${confusionText(evaluation)}`,
      ),
      ...(rows.length === 0
        ? []
        : [
            table(
              columns,
              rows,
              `${name}: the most frequent mistakes among ${counted(dataset.samples, 'validation image')}.`,
            ),
          ]),
    ]
  }
  return [
    figure(
      `confusion-${file}`,
      `${name}: confusion matrix of ${counted(dataset.samples, 'validation image')}. Rows are true classes, columns are predicted classes.`,
      (size) => confusionHeatmap({ title: name, names: classNames, counts: confusion }, size),
    ),
    paragraph(confusionText(evaluation)),
  ]
}

/**
 * Describes the number of mistakes, the most frequent one, and classes that are never predicted.
 */
function confusionText(evaluation: Evaluation): string {
  const { dataset, wrong } = evaluation
  const { classNames: names, samples } = dataset
  const counts = confusionCountsOf(evaluation)
  const worst = counts.find(({ label, prediction }) => label !== prediction)
  const predicted = new Set(counts.map(({ prediction }) => prediction))
  const never = names.filter((_, at) => !predicted.has(at))
  return [
    `${whole(wrong.length)} of ${counted(samples, 'image')} ${wrong.length === 1 ? 'is' : 'are'} classified wrongly.`,
    ...(worst === undefined
      ? []
      : [
          `The most frequent mistake is a ${names[worst.label]} classified as a ${names[worst.prediction]} (${counted(worst.count, 'time')}).`,
        ]),
    ...(never.length === 0 ? [] : [`The model never predicts ${neverText(never)}.`]),
  ].join(' ')
}

/** The most classes that a sentence lists by name. */
const LISTED_CLASSES = 10

function neverText(names: readonly string[]): string {
  if (names.length <= LISTED_CLASSES) return listed(names, 'or')
  return `${whole(names.length)} of the classes, among them ${listed(names.slice(0, LISTED_CLASSES), 'and')}`
}

/** Returns the number of classes that a model predicts at least once. */
export function predictedClasses(evaluation: Evaluation): number {
  return new Set(confusionCountsOf(evaluation).map(({ prediction }) => prediction)).size
}

const MISTAKES = 12

/** Draws the most confident mistakes as pictures. */
export function mistakeBlocks(
  { mistakes, dataset }: Evaluation,
  name: string,
  file: string,
): readonly Block[] {
  if (mistakes.length === 0) return [paragraph(`${name} makes no mistakes.`)]
  const {
    shape: [height, width, channels],
    classNames,
  } = dataset
  // A picture has one shade per pixel, so only the first channel of a colour image is drawn.
  const grey = (pixels: string) =>
    Uint8Array.from(atob(pixels), (byte) => byte.charCodeAt(0)).filter(
      (_, at) => at % channels === 0,
    )
  const shown = mistakes.slice(0, MISTAKES)
  return [
    figure(
      `mistakes-${file}`,
      `${name}: the ${counted(shown.length, 'most confident mistake')}. Each picture is labelled with the predicted class, its probability, and the true class.`,
      (size) =>
        pictureSheet(
          {
            title: name,
            pictures: shown.map(({ pixels, label, prediction, confidence }) => ({
              picture: digitPicture(grey(pixels), width, height),
              label: [
                `${classNames[prediction]} (${percent(confidence)})`,
                `true: ${classNames[label]}`,
              ],
            })),
          },
          size,
        ),
    ),
  ]
}

/**
 * Few enough filters for one row, because each filter of a dense layer is drawn with 784 squares.
 */
const FILTERS = 9

/** Draws the weights of the first layer. */
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
      `${name}: weights of the first layer (${layer}), ${many} outputs, ${height}×${width} each. Weights above 0 are blue and weights below 0 are orange; the deepest colour is ±${scale.toPrecision(2)}.`,
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
