import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/all'
import { MAX_SEED } from '@mnist-lab/random'
import { modelByName, models } from '@mnist-lab/models'
import { Command, CommanderError, Option } from 'commander'
import { BenchError } from './bench-error.js'
import { MAX_STEPS, MIN_STEPS, type StepBudget } from './protocol.js'

export interface BenchOptions {
  readonly backends: readonly string[]
  /** Whether the user named the backends: one that is not available is then an error. */
  readonly backendsByName: boolean
  readonly models: readonly string[]
  readonly batchSize: number
  readonly repetitions: number
  readonly budget: StepBudget
  readonly seed: number
  readonly threads?: number
  readonly json?: string
  readonly svg?: string
}

interface Flags {
  readonly backend: string
  readonly model: string
  readonly batch: number
  readonly reps: number
  readonly steps?: number
  readonly seconds: number
  readonly seed: number
  readonly threads?: number
  readonly json?: string
  readonly svg?: string
}

/** Beyond this a batch no longer fits into the training data. */
const MAX_BATCH = 60_000

/**
 * @param argv without the program's own name
 * @param write receives the help text when that is what was asked for
 * @returns undefined after the help text
 * @throws BenchError for an unknown flag or a wrong value
 * @throws InputError for an unknown backend or model
 */
export function parseOptions(argv: readonly string[], write: (text: string) => void): BenchOptions | undefined {
  const flags = parseFlags(argv, write)
  if (flags === undefined) return undefined
  const { backend, model, batch, reps, steps, seconds, seed, threads, json, svg } = flags
  const backends = backend === 'all' ? BACKEND_NAMES : list('--backend', backend)
  for (const name of backends) backendByName(name)
  return {
    backends,
    backendsByName: backend !== 'all',
    models: model === 'all' ? Object.keys(models) : list('--model', model).map((name) => modelByName(name).name),
    batchSize: batch,
    repetitions: reps,
    budget: steps === undefined ? { seconds, minSteps: MIN_STEPS, maxSteps: MAX_STEPS } : { steps },
    seed,
    ...(threads === undefined ? {} : { threads }),
    ...(json === undefined ? {} : { json }),
    ...(svg === undefined ? {} : { svg }),
  }
}

function parseFlags(argv: readonly string[], write: (text: string) => void): Flags | undefined {
  const integer = (flag: string, max: number, min = 1) => (text: string) => wholeNumber(flag, text, min, max)
  const steps = new Option('--steps <n>', 'timed steps in each process')
  const command = new Command('bench')
    .description('Times training steps on every backend, each repetition in a fresh process, parity beside speed.')
    .option('--backend <names>', `comma-separated, or all: ${BACKEND_NAMES.join(', ')}`, 'all')
    .option('--model <names>', `comma-separated, or all: ${Object.keys(models).join(', ')}`, 'lenet5')
    .option('--batch <size>', 'images a step', integer('--batch', MAX_BATCH), 32)
    .option('--reps <n>', 'fresh processes for each backend and model', integer('--reps', 1000), 5)
    .addOption(steps.argParser(integer('--steps', 1_000_000)).conflicts('seconds'))
    .option('--seconds <s>', `of timed steps in each process, ${MIN_STEPS} to ${MAX_STEPS} steps`, seconds, 2)
    .option('--seed <n>', 'of weights, data, dropout and the order of the processes', integer('--seed', MAX_SEED, 0), 1)
    .option('--threads <n>', 'to ask a backend for', integer('--threads', 1024))
    .option('--json <file>', 'write the result there')
    .option('--svg <file>', 'draw the result there')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, outputError: () => {} })
  try {
    // pnpm hands a separating `--` on as it stands.
    command.parse(argv[0] === '--' ? argv.slice(1) : argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    const what = error.message.replace(/^error: /, '')
    throw new BenchError({ where: 'bench', what, mend: 'see bench --help', cause: error })
  }
  return command.opts<Flags>()
}

function list(flag: string, text: string): string[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()).filter((name) => name !== ''))]
  if (names.length === 0) throw wrong(flag, 'names separated by commas, or all', text)
  return names
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) throw wrong(flag, `a whole number from ${min} to ${max}`, text)
  return value
}

function seconds(text: string): number {
  const value = Number(text)
  const decimal = /^\d*\.?\d+$/.test(text)
  if (!decimal || value <= 0 || value > 3600) throw wrong('--seconds', 'seconds above 0, at most 3600', text)
  return value
}

function wrong(flag: string, expected: string, got: string): BenchError {
  return new BenchError({ where: flag, expected, got: JSON.stringify(got), mend: 'see bench --help' })
}
