import { printable, printableJson } from '@mnist-lab/core'
import { writeFileAtomic, assertWritable } from '@mnist-lab/core/node'
import { type Dataset, describeData, type SplitFigures, stratifiedSplit } from '@mnist-lab/data'
import {
  assertFree,
  type DataFormat,
  encodePng,
  writeData,
  type WrittenData,
} from '@mnist-lab/data/node'
import { MAX_SHOWN_CLASSES, renderTable } from '@mnist-lab/report'
import { pathOf, type Terminal, terminalWidth, UsageError } from '@mnist-lab/terminal'
import type { CommandContext } from '../commands/command.js'
import type { ConvertFlags, InfoFlags, ShowFlags, SplitFlags } from '../commands/data-files.js'
import { openedData } from '../data/opened-data.js'
import { CELL_COLUMNS, pictureBlocks } from '../data/picture-blocks.js'
import { firstOfClasses, pictureSheet } from '../data/picture-sheet.js'
import { withProgress } from '../data-options.js'

/** Prints what data holds: its shape, its classes, its pixels and its duplicates. */
export async function printInfo(
  path: string | undefined,
  flags: InfoFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const data = await openedData(path, flags, terminal)
  const figures = describeData(data)
  const { format, firstLabel, transposed, unlabelled } = data
  if (flags.json) {
    const more = unlabelled === undefined ? {} : { unlabelled: unlabelled.count }
    terminal.out.write(
      `${printableJson({ path: path ?? flags.dataset ?? 'MNIST', format, firstLabel, transposed, ...figures, ...more })}\n`,
    )
    return
  }
  const { train, test, shared, classNames, shape } = figures
  const counts = [
    `${train.images} for training`,
    ...(test === undefined ? [] : [`${test.images} for the test`]),
    ...(unlabelled === undefined ? [] : [`${unlabelled.count} without labels`]),
  ]
  const duplicates = [
    `${train.duplicates} in the training images`,
    ...(test === undefined ? [] : [`${test.duplicates} in the test images`]),
    ...(shared === undefined
      ? []
      : [
          `${shared.images} test images equal a training image${shared.images === 0 ? '' : `, ${shared.otherLabels} of them with another label`}`,
        ]),
  ]
  const facts = [
    ['data', `${printable(path ?? flags.dataset ?? 'MNIST')}, ${format}`],
    ['images', `${shape.join('×')}: ${counts.join(', ')}`],
    ['pixels', [pixels('training', train), ...(test ? [pixels('test', test)] : [])].join('; ')],
    ['duplicates', duplicates.join('; ')],
    ...(transposed ? [['turned', 'rows and columns of the images were exchanged']] : []),
    ...(firstLabel === 0 ? [] : [['labels', `they begin at ${firstLabel} in the files`]]),
  ]
  const shown = classNames.slice(0, MAX_SHOWN_CLASSES)
  const rows = shown.map((name, at) => [
    String(at),
    printable(name),
    String(train.perClass[at]),
    ...(test === undefined ? [] : [String(test.perClass[at])]),
  ])
  const table = renderTable(
    [
      { header: 'class', align: 'right' },
      { header: 'name' },
      { header: 'training', align: 'right' },
      ...(test === undefined ? [] : [{ header: 'test', align: 'right' as const }]),
    ],
    rows,
  )
  const rest = classNames.length - shown.length
  terminal.out.write(
    `${facts.map(([name, fact]) => `${name!.padEnd(12)}${fact}`).join('\n')}\n\n${table}\n${rest > 0 ? `… and ${rest} more classes\n` : ''}`,
  )
}

function pixels(name: string, { mean, deviation }: SplitFigures): string {
  return `${name} mean ${mean.toFixed(4)}, deviation ${deviation.toFixed(4)}`
}

/** Shows some images of each class, in the terminal or as a PNG file. */
export async function showPictures(
  path: string | undefined,
  flags: ShowFlags,
  { terminal }: CommandContext,
): Promise<void> {
  if (flags.out !== undefined) await assertWritable(flags.out)
  const data = await openedData(path, flags, terminal)
  const dataset = chosenSplit(data, flags.split, path)
  const width = terminalWidth(terminal.out)
  const fitting = Math.max(
    1,
    Math.floor(((width === Infinity ? 80 : width) + 1) / (CELL_COLUMNS + 1)),
  )
  const rows = firstOfClasses(dataset, flags.count ?? (flags.out === undefined ? fitting : 20))
  if (flags.out !== undefined) {
    const sheet = pictureSheet(dataset, rows)
    await writeFileAtomic(flags.out, await encodePng(sheet.pixels, sheet.shape))
    terminal.out.write(`${pathOf(flags.out)}\n`)
    return
  }
  const colours = terminal.out.isTTY === true
  for (const [label, indices] of rows.slice(0, MAX_SHOWN_CLASSES).entries()) {
    terminal.out.write(`${label}: ${printable(dataset.classNames[label]!)}\n`)
    for (let from = 0; from < indices.length; from += fitting)
      for (const line of pictureBlocks(dataset, indices.slice(from, from + fitting), { colours }))
        terminal.out.write(`${line}\n`)
  }
}

function chosenSplit(
  { train, test }: WrittenData,
  split: 'train' | 'test',
  path: string | undefined,
): Dataset {
  const chosen = split === 'train' ? train : test
  if (chosen !== undefined) return chosen
  throw new UsageError({
    where: path ?? 'the data',
    what: 'there are no test images',
    hint: 'leave out --split',
  })
}

/** Writes data in another format. */
export async function convertData(
  path: string | undefined,
  flags: ConvertFlags,
  { terminal }: CommandContext,
): Promise<void> {
  await assertFree(flags.out)
  const data = await openedData(path, flags, terminal)
  if (data.unlabelled !== undefined)
    terminal.err.write(`${data.unlabelled.count} images without labels are left out\n`)
  await written(data, flags.to, flags.out, terminal)
}

/** Divides data into training and test images. */
export async function splitData(
  path: string | undefined,
  flags: SplitFlags,
  { terminal }: CommandContext,
): Promise<void> {
  await assertFree(flags.out)
  const data = await openedData(path, flags, terminal)
  if (data.test !== undefined)
    throw new UsageError({
      where: path ?? flags.dataset ?? 'MNIST',
      what: 'the data has test images already',
      expected: 'data with one file or folder of images',
      got: `${data.train.count} training and ${data.test.count} test images`,
      hint: 'name the file with the images to divide',
    })
  const parts = stratifiedSplit(data.train, flags.test, flags.seed)
  const to = flags.to ?? (data.format === 'folder' ? 'folder' : data.format)
  await written(parts, to, flags.out, terminal)
}

async function written(
  data: WrittenData,
  format: DataFormat,
  out: string,
  terminal: Terminal,
): Promise<void> {
  await withProgress(out, terminal, (options) => writeData(data, format, out, options))
  const { train, test } = data
  const counts = test === undefined ? '' : ` and ${test.count} test images`
  terminal.out.write(
    `${pathOf(out)}: ${train.count} ${test === undefined ? 'images' : 'training'}${counts} as ${format}\n`,
  )
}
