import {
  createCommand,
  type Output,
  type Terminal,
  usageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import { MAX_SEED } from '@mnist-lab/core'
import {
  assertWritable,
  compareAndPrint,
  type ComparisonOptions,
  percentage,
  readBenchFile,
} from '@mnist-lab/bench/node'
import { ALPHA, MIN_EFFECT } from '@mnist-lab/bench'

interface Flags {
  readonly failIfSlower?: number
  readonly minEffect: number
  readonly alpha: number
  readonly allowOtherMachine?: boolean
  readonly markdown?: string
  readonly seed: number
}

/** `bench compare A.json B.json`: a before, b after. */
export async function compareCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const parsed = parse(argv, terminal.out)
  if (parsed === undefined) return 0
  const { a, b, options } = parsed
  if (options.markdown !== undefined) await assertWritable('--markdown', options.markdown)
  const [before, after] = [await readBenchFile(a), await readBenchFile(b)]
  return compareAndPrint({ file: a, result: before }, { file: b, result: after }, options, terminal)
}

function parse(
  argv: readonly string[],
  out: Output,
): { a: string; b: string; options: ComparisonOptions } | undefined {
  const command = createCommand(
    'bench compare',
    'What has become faster or slower from one saved result to another.',
    out,
  )
    .argument('<a.json>', 'before')
    .argument('<b.json>', 'after')
    .option(
      '--fail-if-slower <share>',
      'end with 1 where a cell is slower by more (5%), or no longer at parity',
      percentage('--fail-if-slower'),
    )
    .option(
      '--min-effect <share>',
      'below it a difference is none',
      percentage('--min-effect'),
      MIN_EFFECT,
    )
    .option(
      '--alpha <share>',
      'how often all cells together may show a difference where there is none',
      percentage('--alpha'),
      ALPHA,
    )
    .option('--allow-other-machine', 'compare results of two machines')
    .option('--markdown <file>', 'write the comparison there, for a pull request')
    .option('--seed <n>', 'of the bootstrap', wholeNumber('--seed', 0, MAX_SEED), 1)
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench compare')
    if (usage === undefined) return undefined
    throw usage
  }
  const [a, b] = command.args as [string, string]
  const {
    failIfSlower,
    minEffect,
    alpha,
    allowOtherMachine = false,
    markdown,
    seed,
  } = command.opts<Flags>()
  return { a, b, options: { failIfSlower, minEffect, alpha, allowOtherMachine, markdown, seed } }
}
