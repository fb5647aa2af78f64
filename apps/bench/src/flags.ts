import { MAX_THREADS } from '@mnist-lab/backends'
import { ANSWER_SECONDS, DEFAULT_PLAN, HOLDS, MAX_STEPS, MIN_STEPS, TURNS } from '@mnist-lab/bench'
import { PEER_NAMES, RUNTIME_NAMES } from '@mnist-lab/bench/node'
import { MAX_SEED } from '@mnist-lab/core'
import { models } from '@mnist-lab/models'
import {
  createCommand,
  decimal,
  type Output,
  path,
  typedArguments,
  usageError,
  UsageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import { type Command, Option } from 'commander'
import { MAX_BATCH, percentage } from './flag-values.js'

/** The flags of `bench`, as they were given. */
export interface Flags {
  readonly backend?: string
  readonly setups?: string
  readonly in: string
  readonly peer?: readonly string[]
  readonly model?: string
  readonly models?: string
  readonly batch?: number
  readonly batches?: string
  readonly threads?: number
  readonly sweep?: readonly string[]
  readonly turns?: boolean
  readonly reps?: number
  readonly rounds?: number
  readonly steps?: number
  readonly seconds?: number
  readonly seed: number
  readonly profile?: boolean
  readonly toAccuracy?: number
  readonly seeds: number
  readonly maxEpochs: number
  readonly against?: string
  readonly failIfSlower?: number
  readonly minEffect: number
  readonly allowOtherMachine?: boolean
  readonly python?: string
  readonly slowDown?: number
  readonly timeout?: number
  readonly json?: string
  readonly out?: string
  readonly markdown?: string
  readonly html?: string
  readonly svg?: string
}

/**
 * Reads the flags of `bench`.
 *
 * @returns undefined after the help text or the version
 * @throws UsageError for an unknown flag, a wrong value, or flags that do not go together
 */
export function parseFlags(
  argv: readonly string[],
  out: Output,
  version: string,
): Flags | undefined {
  const command = benchCommand(out, version)
  try {
    command.parse(typedArguments(argv), { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench')
    if (usage === undefined) return undefined
    throw usage
  }
  const flags = command.opts<Flags>()
  refuseWrongMode(flags)
  if (flags.failIfSlower !== undefined && flags.against === undefined) {
    throw new UsageError({
      where: '--fail-if-slower',
      what: 'it needs a saved result to compare with',
      hint: 'name a saved result: --against=FILE.json',
    })
  }
  return flags
}

/** The flags that only work with fresh processes, and what to use instead with --turns. */
const FRESH_ONLY = {
  reps: '--reps: --turns repeats rounds and not processes; use --rounds',
  profile: '--profile: only fresh processes are profiled; leave out --turns',
  toAccuracy: '--to-accuracy: only fresh processes are trained to an accuracy; leave out --turns',
  slowDown: '--slow-down: only fresh processes can be slowed down; leave out --turns',
  against: '--against: only results of fresh processes can be compared; leave out --turns',
} as const satisfies Partial<Record<keyof Flags, string>>

function refuseWrongMode(flags: Flags): void {
  const refused = Object.entries(FRESH_ONLY).find(
    ([name]) => flags.turns === true && flags[name as keyof Flags] !== undefined,
  )
  const text =
    refused?.[1] ??
    (flags.turns !== true && flags.rounds !== undefined
      ? '--rounds: only --turns has rounds; add --turns, or use --reps'
      : undefined)
  if (text === undefined) return
  const [, where, what, hint] = /^(\S+): (.*); (.*)$/.exec(text)!
  throw new UsageError({ where: where!, what: what!, hint: hint! })
}

/** Returns the command `bench` with all its flags. */
export function benchCommand(out: Output, version: string): Command {
  const collect = (text: string, before: readonly string[] = []) => [...before, text]
  const option = (flags: string, description: string) => new Option(flags, description)
  return createCommand(
    'bench',
    'Times training steps on every backend. Each repetition has a fresh process, and each timing comes with a check of ' +
      'correctness against a reference.',
    out,
  )
    .version(version)
    .option(
      '--backend <names>',
      'the engines to measure, separated by commas, each as engine[:threads][@runtime]: fused:2, fused@chromium, torch:1; ' +
        'all: every backend; none: only peers (default: all; with --in=all: fused, or where it does not run fused-js; ' +
        'with --turns: fused and PyTorch, each with 1 and 2 threads)',
    )
    .option(
      '--in <runtimes>',
      `the JavaScript runtimes for backends whose names have none, separated by commas, or all: ${RUNTIME_NAMES.join(', ')}, ` +
        'node=PATH; browsers have no window, and CHROMIUM_PATH or FIREFOX_PATH names their program; ' +
        '`pnpm setup:runtimes` installs most of the others',
      'node',
    )
    .option(
      '--peer <names>',
      `other programs in the same bench: ${PEER_NAMES.join(', ')}, or name=command (docs/peers.md); may be repeated`,
      collect,
    )
    .addOption(
      option(
        '--model <names>',
        `the models, separated by commas, or all: ${Object.keys(models).join(', ')} (default: lenet5)`,
      ).conflicts('models'),
    )
    .addOption(
      option('--batch <size>', 'the number of images in a step (default: 32)')
        .argParser(wholeNumber('--batch', 1, MAX_BATCH))
        .conflicts('batches'),
    )
    .option(
      '--threads <n>',
      'the number of threads for engines whose names contain none',
      wholeNumber('--threads', 1, MAX_THREADS),
    )
    .option(
      '--sweep <list>',
      'measure each value, as batch=1,8,32,128,512 or threads=1,2; may be repeated',
      collect,
    )
    .option(
      '--turns',
      'measure ratios in turns: each engine has one process, and the processes take turns of a fraction of a second',
    )
    .option(
      '--reps <n>',
      `the number of fresh processes for each row (default: ${DEFAULT_PLAN.repetitions})`,
      wholeNumber('--reps', 1, 1000),
    )
    .option(
      '--rounds <n>',
      `with --turns: the turns of each engine (default: ${TURNS.rounds})`,
      wholeNumber('--rounds', 1, 10_000),
    )
    .addOption(
      option('--steps <n>', 'the number of timed steps in each process or turn')
        .argParser(wholeNumber('--steps', 1, 1_000_000))
        .conflicts('seconds'),
    )
    .option(
      '--seconds <s>',
      `the seconds of timed steps in each process, within ${MIN_STEPS} to ${MAX_STEPS} steps, or in each turn (default: 1, with --turns ${TURNS.seconds})`,
      decimal('--seconds', { min: 0, max: 3600, aboveMin: true }),
    )
    .option(
      '--seed <n>',
      'the seed of weights, data order, dropout and the order of processes',
      wholeNumber('--seed', 0, MAX_SEED),
      1,
    )
    .option('--profile', 'measure the time of each phase and kernel of a step afterwards')
    .option(
      '--to-accuracy <share>',
      `train until the test accuracy has held in ${HOLDS} evaluations in a row`,
      decimal('--to-accuracy', { min: 0, max: 1, aboveMin: true }),
    )
    .option(
      '--seeds <n>',
      'the number of trainings to that accuracy, each with a different seed',
      wholeNumber('--seeds', 1, 1000),
      DEFAULT_PLAN.seeds,
    )
    .option(
      '--max-epochs <n>',
      'the number of epochs after which a training to an accuracy stops',
      wholeNumber('--max-epochs', 1, 1000),
      DEFAULT_PLAN.maxEpochs,
    )
    .option(
      '--against <file.json>',
      'compare with a saved result, as bench compare does',
      path('--against'),
    )
    .option(
      '--fail-if-slower <share>',
      'with --against: exit with 1 when a row is slower by more than this (5%)',
      percentage('--fail-if-slower'),
    )
    .option(
      '--min-effect <share>',
      'ignore differences smaller than this',
      percentage('--min-effect'),
      DEFAULT_PLAN.comparison.minEffect,
    )
    .option('--allow-other-machine', 'allow comparing with a result of another machine')
    .option(
      '--python <path>',
      'the Python that has PyTorch (default: the variable PYTHON, or python3)',
    )
    .option(
      '--timeout <s>',
      `the seconds in which a process must answer, beyond those of its steps, before it is ended and its row says so (default: ${ANSWER_SECONDS})`,
      decimal('--timeout', { min: 0, max: 1_000_000, aboveMin: true }),
    )
    .option(
      '--slow-down <share>',
      'make every step this much longer (10%), to test the bench itself',
      percentage('--slow-down'),
    )
    .addOption(
      option('--json <file>', 'write the result to this file, with all raw samples')
        .argParser(path('--json'))
        .conflicts('out'),
    )
    .option('--markdown <file>', 'write the tables to this file as Markdown', path('--markdown'))
    .option('--html <file>', 'write a report with charts to this file as one page', path('--html'))
    .option('--svg <file>', 'write a chart of the timed steps to this file', path('--svg'))
    .addOption(
      option('--setups <names>', 'the old name of --backend').conflicts('backend').hideHelp(),
    )
    .addOption(option('--models <names>', 'the old name of --model').hideHelp())
    .addOption(option('--batches <sizes>', 'the old name of --sweep=batch=…').hideHelp())
    .addOption(option('--out <file>', 'the old name of --json').argParser(path('--out')).hideHelp())
    .addHelpText(
      'after',
      '\nMore commands, each with its own --help:\n' +
        '  bench compare A.json B.json  show which cells became faster or slower\n' +
        '  bench report FILE.json…      create one page from saved results\n' +
        '  bench complete SHELL         print a script for shell completion',
    )
}
