import { ALPHA, MIN_EFFECT } from '@mnist-lab/bench'
import {
  assertDocumentsWritable,
  compareAndPrint,
  type Documents,
  readBenchFile,
  writeDocuments,
} from '@mnist-lab/bench/node'
import { MAX_SEED } from '@mnist-lab/core'
import { assertWritable } from '@mnist-lab/core/node'
import {
  addCompletion,
  createCommand,
  type Output,
  path,
  paths,
  type Terminal,
  usageError,
  UsageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import type { Command } from 'commander'
import { percentage } from './flag-values.js'

interface CompareFlags {
  readonly failIfSlower?: number
  readonly minEffect: number
  readonly alpha: number
  readonly allowOtherMachine?: boolean
  readonly markdown?: string
  readonly seed: number
}

function defineCompare(out: Output): Command {
  return createCommand(
    'bench compare',
    'Shows which cells became faster or slower between two saved results.',
    out,
  )
    .argument('<a.json>', 'the result before', path('<a.json>'))
    .argument('<b.json>', 'the result after', path('<b.json>'))
    .option(
      '--fail-if-slower <share>',
      'exit with 1 when a row is slower by more than this (5%), or no longer at parity',
      percentage('--fail-if-slower'),
    )
    .option(
      '--min-effect <share>',
      'ignore differences smaller than this',
      percentage('--min-effect'),
      MIN_EFFECT,
    )
    .option(
      '--alpha <share>',
      'the probability that at least one row shows a difference although there is none',
      percentage('--alpha'),
      ALPHA,
    )
    .option('--allow-other-machine', 'allow comparing results of two different machines')
    .option(
      '--markdown <file>',
      'write the comparison to this file, for a pull request',
      path('--markdown'),
    )
    .option('--seed <n>', 'the seed of the bootstrap', wholeNumber('--seed', 0, MAX_SEED), 1)
}

/** Carries out `bench compare A.json B.json` and returns the exit code. */
export async function compareCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const command = defineCompare(terminal.out)
  if (!parsed(command, argv)) return 0
  const [a, b] = command.args as [string, string]
  const { failIfSlower, markdown, allowOtherMachine, ...rest } = command.opts<CompareFlags>()
  if (markdown !== undefined) await assertWritable(markdown)
  const before = { file: a, result: await readBenchFile(a) }
  const after = { file: b, result: await readBenchFile(b) }
  const options = {
    ...rest,
    failIfSlower,
    markdown,
    allowOtherMachine: allowOtherMachine === true,
  }
  return compareAndPrint(before, after, options, terminal)
}

function defineReport(out: Output): Command {
  return createCommand(
    'bench report',
    'Creates one page with charts and tables from saved results, as HTML or as Markdown.',
    out,
  )
    .argument('<files...>', 'results that bench --json wrote', paths('<files...>'))
    .option(
      '--html <file>',
      'write everything to one HTML file (default without --markdown: bench-report.html)',
      path('--html'),
    )
    .option(
      '--markdown <file>',
      'write Markdown; its charts go into a folder beside it',
      path('--markdown'),
    )
}

/** Carries out `bench report FILE…` and returns the exit code. */
export async function reportCommand(argv: readonly string[], { out }: Terminal): Promise<number> {
  const command = defineReport(out)
  if (!parsed(command, argv)) return 0
  const asked = command.opts<Documents>()
  for (const file of Object.values(asked)) {
    if (command.args.includes(file))
      throw new UsageError({
        where: file,
        what: 'it is both an input and an output, and would be overwritten',
        hint: 'write another file',
      })
  }
  const files = Object.keys(asked).length === 0 ? { html: 'bench-report.html' } : asked
  await assertDocumentsWritable(files)
  const results = []
  for (const file of command.args) results.push({ file, result: await readBenchFile(file) })
  for (const path of await writeDocuments(results, files)) out.write(`${path}\n`)
  return 0
}

/**
 * Carries out `bench complete SHELL`, which prints a script for shell completion, and returns the
 * exit code. The script calls `bench complete -- WORDS…` to learn what can follow.
 *
 * @param program `bench` itself, with its flags
 */
export async function completeCommand(
  argv: readonly string[],
  program: Command,
  { out }: Terminal,
): Promise<number> {
  program.addCommand(defineCompare(out).name('compare'))
  program.addCommand(defineReport(out).name('report'))
  addCompletion(program)
  try {
    await program.parseAsync(['complete', ...argv], { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench complete')
    if (usage !== undefined) throw usage
  }
  return 0
}

/**
 * Parses arguments.
 *
 * @returns false after the help text
 * @throws UsageError when the arguments are wrong
 */
function parsed(command: Command, argv: readonly string[]): boolean {
  try {
    command.parse([...argv], { from: 'user' })
    return true
  } catch (error) {
    const usage = usageError(error, command.name())
    if (usage === undefined) return false
    throw usage
  }
}
