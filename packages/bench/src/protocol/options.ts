import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import {
  createCommand,
  decimal,
  type Output,
  typedArguments,
  usageError,
  UsageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import { MAX_SEED } from '@mnist-lab/core'
import { modelByName, models } from '@mnist-lab/models'
import { Option } from 'commander'
import { type Place, PLACES } from '../runtimes/place-name.js'
import { placedBackends } from '../runtimes/place.js'
import { parsePeers, PEER_NAMES, type PeerCommand } from '../peers/command.js'
import { ALPHA, HOLDS, MAX_STEPS, MIN_EFFECT, MIN_STEPS, type StepBudget } from './protocol.js'
import { list, MAX_BATCH, percentage } from './flag-values.js'
import { parseSweeps } from './sweep.js'

export interface BenchOptions {
  /** As cells are named: `fused`, `fused@chromium`. */
  readonly backends: readonly string[]
  readonly peers: readonly PeerCommand[]
  /** What the user asked for by name: one that is not available is then an error. */
  readonly named: readonly string[]
  readonly models: readonly string[]
  /** One, or those of a sweep. */
  readonly batchSizes: readonly number[]
  /** One, or those of a sweep; undefined: each backend's own choice. */
  readonly threads: readonly (number | undefined)[]
  readonly repetitions: number
  readonly budget: StepBudget
  readonly seed: number
  readonly profile: boolean
  /** Test accuracy to train to. */
  readonly toAccuracy?: number
  readonly seeds: number
  readonly maxEpochs: number
  readonly slowDown?: number
  readonly comparison: { readonly alpha: number; readonly minEffect: number }
  readonly files: OutputFiles
  /** A saved result to compare with, see the command compare. */
  readonly against?: string
  readonly failIfSlower?: number
  readonly allowOtherMachine: boolean
}

export interface OutputFiles {
  readonly json?: string
  readonly markdown?: string
  readonly html?: string
  readonly svg?: string
}

interface Flags {
  readonly backend: string
  readonly in: string
  readonly peer: readonly string[]
  readonly model: string
  readonly batch: number
  readonly threads?: number
  readonly sweep: readonly string[]
  readonly reps: number
  readonly steps?: number
  readonly seconds: number
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
  readonly json?: string
  readonly markdown?: string
  readonly html?: string
  readonly svg?: string
}

/**
 * @param argv without the program's own name
 * @param env `PYTHON` stands for `--python`
 * @param out receives the help text when that is what was asked for
 * @returns undefined after the help text
 * @throws UsageError for an unknown flag or a wrong value
 * @throws InputError for an unknown backend or model
 */
export function parseOptions(
  argv: readonly string[],
  env: { readonly PYTHON?: string | undefined },
  out: Output,
): BenchOptions | undefined {
  const flags = parseFlags(argv, out)
  if (flags === undefined) return undefined
  const { backend, model, reps, steps, seconds, seed, seeds, maxEpochs, minEffect, threads } = flags
  const backends =
    backend === 'none'
      ? []
      : placedBackends(places(flags.in), backend === 'all' ? 'all' : list('--backend', backend))
  const peers = parsePeers(flags.peer, flags.python ?? (env.PYTHON || 'python3'))
  if (backends.length + peers.length === 0) {
    throw new UsageError({
      where: '--backend none',
      what: 'there is nothing to measure',
      hint: 'name a peer, or a backend',
    })
  }
  const sweeps = parseSweeps(flags.sweep)
  return {
    backends,
    peers,
    named: [...(backend === 'all' ? [] : backends), ...peers.map(({ name }) => name)],
    models:
      model === 'all'
        ? Object.keys(models)
        : list('--model', model).map((name) => modelByName(name).name),
    batchSizes: sweeps.batch ?? [flags.batch],
    threads: sweeps.threads ?? [threads],
    repetitions: reps,
    budget: steps === undefined ? { seconds, minSteps: MIN_STEPS, maxSteps: MAX_STEPS } : { steps },
    seed,
    seeds,
    maxEpochs,
    profile: flags.profile === true,
    comparison: { alpha: ALPHA, minEffect },
    allowOtherMachine: flags.allowOtherMachine === true,
    files: defined({
      json: flags.json,
      markdown: flags.markdown,
      html: flags.html,
      svg: flags.svg,
    }),
    ...defined({
      toAccuracy: flags.toAccuracy,
      slowDown: flags.slowDown,
      against: flags.against,
      failIfSlower: flags.failIfSlower,
    }),
  }
}

function parseFlags(argv: readonly string[], out: Output): Flags | undefined {
  const collect = (text: string, before: readonly string[]) => [...before, text]
  const steps = new Option('--steps <n>', 'timed steps in each process')
  const batch = new Option('--batch <size>', 'images a step')
    .argParser(wholeNumber('--batch', 1, MAX_BATCH))
    .default(32)
  const command = createCommand(
    'bench',
    'Times training steps on every backend, each repetition in a fresh process, parity beside speed.',
    out,
  )
    .option('--backend <names>', `comma-separated, all or none: ${BACKEND_NAMES.join(', ')}`, 'all')
    .option(
      '--in <places>',
      `comma-separated: ${PLACES.join(', ')}; browsers without a window, CHROMIUM_PATH or FIREFOX_PATH names theirs`,
      'node',
    )
    .option(
      '--peer <names>',
      `others in the same run: ${PEER_NAMES.join(', ')}, or name=command (docs/peers.md); may be repeated`,
      collect,
      [],
    )
    .option(
      '--model <names>',
      `comma-separated, or all: ${Object.keys(models).join(', ')}`,
      'lenet5',
    )
    .addOption(batch)
    .option('--threads <n>', 'to ask a backend for', wholeNumber('--threads', 1, 1024))
    .option(
      '--sweep <list>',
      'batch=1,8,32,128,512 or threads=1,2: a cell for each; both may be given',
      collect,
      [],
    )
    .option('--reps <n>', 'fresh processes for each cell', wholeNumber('--reps', 1, 1000), 8)
    .addOption(steps.argParser(wholeNumber('--steps', 1, 1_000_000)).conflicts('seconds'))
    .option(
      '--seconds <s>',
      `of timed steps in each process, ${MIN_STEPS} to ${MAX_STEPS} steps`,
      decimal('--seconds', { min: 0, max: 3600, aboveMin: true }),
      1,
    )
    .option(
      '--seed <n>',
      'of weights, data, dropout and the order of the processes',
      wholeNumber('--seed', 0, MAX_SEED),
      1,
    )
    .option('--profile', "then, in processes of their own: where a step's time goes")
    .option(
      '--to-accuracy <share>',
      `train until the test accuracy holds, in ${HOLDS} evaluations in a row`,
      decimal('--to-accuracy', { min: 0, max: 1, aboveMin: true }),
    )
    .option(
      '--seeds <n>',
      'trainings to that accuracy, each from another seed',
      wholeNumber('--seeds', 1, 1000),
      5,
    )
    .option(
      '--max-epochs <n>',
      'after which a training to an accuracy gives up',
      wholeNumber('--max-epochs', 1, 1000),
      20,
    )
    .option('--against <file.json>', 'compare with a saved result, as bench compare does')
    .option(
      '--fail-if-slower <share>',
      'end with 1 where a cell is slower by more, with --against (5%)',
      percentage('--fail-if-slower'),
    )
    .option(
      '--min-effect <share>',
      'below it a difference is none',
      percentage('--min-effect'),
      MIN_EFFECT,
    )
    .option('--allow-other-machine', 'compare with a result of another machine')
    .option('--python <path>', 'that has torch (default: the variable PYTHON, or python3)')
    .option(
      '--slow-down <share>',
      'to test the bench: makes every step longer (10%)',
      percentage('--slow-down'),
    )
    .option('--json <file>', 'write the result there, raw samples in it')
    .option('--markdown <file>', 'write the tables there')
    .option('--html <file>', 'write the report there as one page with charts')
    .option('--svg <file>', 'draw the steps there')
    .addHelpText(
      'after',
      '\nFurther commands: bench compare A.json B.json, bench report FILE.json…; each has its --help.',
    )
  try {
    command.parse(typedArguments(argv), { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench')
    if (usage === undefined) return undefined
    throw usage
  }
  const flags = command.opts<Flags>()
  if (flags.failIfSlower !== undefined && flags.against === undefined) {
    throw new UsageError({
      where: '--fail-if-slower',
      what: 'slower than what?',
      hint: 'name a saved result: --against=FILE.json',
    })
  }
  return flags
}

function places(text: string): Place[] {
  return list('--in', text).map((name) => {
    const place = PLACES.find((known) => known === name)
    if (place !== undefined) return place
    throw new UsageError({
      where: '--in',
      expected: `some of ${PLACES.join(', ')}`,
      got: name,
      hint: 'correct it',
    })
  })
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** Without what is undefined. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>
}
