import {
  createCommand,
  decimal,
  type Output,
  typedArguments,
  usageError,
  UsageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import { modelByName, models, type ModelName } from '@mnist-lab/models'
import { MAX_SEED } from '@mnist-lab/core'
import { list, MAX_BATCH } from '../protocol/flag-values.js'
import { DEFAULT_SETUPS, parseSetup, TORCH_ENGINES, type Setup } from './setup.js'

export interface PeersOptions {
  readonly models: readonly ModelName[]
  readonly batches: readonly number[]
  /** The first is what the others are compared with. */
  readonly setups: readonly Setup[]
  /** Whether the user named them: one that does not run is then an error. */
  readonly setupsByName: boolean
  readonly rounds: number
  /** Of timed steps in each round. */
  readonly seconds: number
  readonly seed: number
  readonly python?: string
  readonly out?: string
}

interface Flags {
  readonly models: string
  readonly batches: string
  readonly setups?: string
  readonly rounds: number
  readonly seconds: number
  readonly seed: number
  readonly python?: string
  readonly out?: string
}

/**
 * @param argv without the program's own name
 * @param env `PYTHON` stands for `--python`
 * @param out receives the help text when that is what was asked for
 * @returns undefined after the help text
 * @throws InputError for an unknown flag, model or set-up, or a wrong value
 */
export function parsePeersOptions(
  argv: readonly string[],
  env: { readonly PYTHON?: string | undefined },
  out: Output,
): PeersOptions | undefined {
  const flags = parseFlags(argv, out)
  if (flags === undefined) return undefined
  const { rounds, seconds, seed, out: file } = flags
  const python = flags.python ?? env.PYTHON
  const setups = (flags.setups === undefined ? DEFAULT_SETUPS : list('--setups', flags.setups)).map(
    parseSetup,
  )
  const twice = setups.find(
    ({ name }, at) => setups.findIndex((other) => other.name === name) !== at,
  )
  if (twice !== undefined) {
    throw new UsageError({
      where: '--setups',
      what: `${twice.name} is there twice`,
      hint: 'name each set-up once',
    })
  }
  return {
    models:
      flags.models === 'all'
        ? (Object.keys(models) as ModelName[])
        : list('--models', flags.models).map((name) => modelByName(name).name),
    batches: list('--batches', flags.batches).map(wholeNumber('--batches', 1, MAX_BATCH)),
    setups,
    setupsByName: flags.setups !== undefined,
    rounds,
    seconds,
    seed,
    ...(python === undefined || python === '' ? {} : { python }),
    ...(file === undefined ? {} : { out: file }),
  }
}

function parseFlags(argv: readonly string[], out: Output): Flags | undefined {
  const command = createCommand(
    'bench:peers',
    "Times training steps of our engines beside PyTorch's, in turns, with parity beside speed.",
    out,
  )
    .option(
      '--models <names>',
      `comma-separated, or all: ${Object.keys(models).join(', ')}`,
      'lenet5',
    )
    .option('--batches <sizes>', 'images a step, comma-separated', '32')
    .option(
      '--setups <names>',
      `engine:threads, comma-separated; the engines are backends of ours and ${TORCH_ENGINES.join(', ')}; ` +
        `the first is what the others are compared with (default: ${DEFAULT_SETUPS.join(',')})`,
    )
    .option('--rounds <n>', 'turns of each set-up', wholeNumber('--rounds', 1, 10_000), 20)
    .option(
      '--seconds <s>',
      'of timed steps in a turn',
      decimal('--seconds', { min: 0, max: 3600, aboveMin: true }),
      0.15,
    )
    .option(
      '--seed <n>',
      'of weights, data, dropout and the order of turns',
      wholeNumber('--seed', 0, MAX_SEED),
      1,
    )
    .option('--python <path>', 'that has torch (default: the variable PYTHON, or python3)')
    .option('--out <file.json>', 'write the result there, all samples in it')
  try {
    command.parse(typedArguments(argv), { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench:peers')
    if (usage === undefined) return undefined
    throw usage
  }
  return command.opts<Flags>()
}
