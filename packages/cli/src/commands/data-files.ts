import { DATA_FORMATS, type DataFormat, type DatasetName } from '@mnist-lab/data/list'
import { MAX_SEED } from '@mnist-lab/core'
import { decimal, path, wholeNumber } from '@mnist-lab/terminal'
import { type Command, Option } from 'commander'
import {
  addClassesFlag,
  addDatasetFlag,
  addTransposeFlags,
  type CommandContext,
  jsonFlag,
} from './command.js'

/** The flags that all of these commands have. */
interface ReadingFlags {
  readonly dataset?: DatasetName
  readonly classes?: string
  readonly transpose?: boolean
}

/** The flags of `mnist data info`. */
export interface InfoFlags extends ReadingFlags {
  readonly json?: true
}

/** The flags of `mnist data show`. */
export interface ShowFlags extends ReadingFlags {
  readonly split: 'train' | 'test'
  readonly count?: number
  readonly out?: string
}

/** The flags of `mnist data convert`. */
export interface ConvertFlags extends ReadingFlags {
  readonly to: DataFormat
  readonly out: string
}

/** The flags of `mnist data split`. */
export interface SplitFlags extends ReadingFlags {
  readonly test: number
  readonly seed: number
  readonly to?: DataFormat
  readonly out: string
}

/** The most images of a class on a sheet. */
const MAX_SHOWN = 1000

/** Adds the commands `info`, `show`, `convert` and `split` to `mnist data`. */
export function addDataFileCommands(data: Command, context: CommandContext): void {
  command(data, 'info', 'Prints what data holds: counts, classes, pixels and duplicates.')
    .addOption(jsonFlag('the figures'))
    .action(async (path: string | undefined, flags: InfoFlags) => {
      const { printInfo } = await import('../actions/data-files.js')
      await printInfo(path, flags, context)
    })
  command(data, 'show', 'Shows images of each class in the terminal, or as a PNG file.')
    .addOption(
      new Option('--split <name>', 'the images to show')
        .choices(['train', 'test'])
        .default('train'),
    )
    .option(
      '--count <n>',
      'the number of images of each class (default: a line of them; 20 with --out)',
      wholeNumber('--count', 1, MAX_SHOWN),
    )
    .option('--out <file>', 'write a PNG file instead', path('--out'))
    .action(async (from: string | undefined, flags: ShowFlags) => {
      const { showPictures } = await import('../actions/data-files.js')
      await showPictures(from, flags, context)
    })
  command(data, 'convert', 'Writes data in another format.')
    .addOption(
      new Option('--to <format>', 'the format').choices(DATA_FORMATS).makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'the folder to write, which must not exist yet', path('--out'))
    .action(async (from: string | undefined, flags: ConvertFlags) => {
      const { convertData } = await import('../actions/data-files.js')
      await convertData(from, flags, context)
    })
  command(data, 'split', 'Divides data at random, with the same share of each class in both parts.')
    .option(
      '--test <share>',
      'the share of the test images',
      decimal('--test', { min: 0, max: 1, aboveMin: true, belowMax: true }),
      0.2,
    )
    .option('--seed <n>', 'the seed of the choice', wholeNumber('--seed', 0, MAX_SEED), 1)
    .addOption(
      new Option('--to <format>', 'the format (default: that of the data)').choices(DATA_FORMATS),
    )
    .requiredOption('--out <dir>', 'the folder to write, which must not exist yet', path('--out'))
    .action(async (from: string | undefined, flags: SplitFlags) => {
      const { splitData } = await import('../actions/data-files.js')
      await splitData(from, flags, context)
    })
}

function command(data: Command, name: string, description: string): Command {
  return addTransposeFlags(
    addClassesFlag(
      addDatasetFlag(
        data
          .command(name)
          .description(description)
          .argument(
            '[path]',
            'the data, as for mnist train --data (default: MNIST)',
            path('[path]'),
          ),
      ),
    ),
  )
}
