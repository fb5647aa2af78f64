import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { createCommand, decimal, type Output, typedArguments, usageError, UsageError, wholeNumber } from '@mnist-lab/cli/terminal'
import { MAX_SEED } from '@mnist-lab/random'
import { modelByName, models } from '@mnist-lab/models'
import { Option } from 'commander'
import { type Place, PLACES } from './place-name.js'
import { placedBackends } from './place.js'
import { MAX_STEPS, MIN_STEPS, type StepBudget } from './protocol.js'

export interface BenchOptions {
  /** As cells are named: `fused`, `fused@chromium`. */
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
  readonly markdown?: string
  readonly svg?: string
}

interface Flags {
  readonly backend: string
  readonly in: string
  readonly model: string
  readonly batch: number
  readonly reps: number
  readonly steps?: number
  readonly seconds: number
  readonly seed: number
  readonly threads?: number
  readonly json?: string
  readonly markdown?: string
  readonly svg?: string
}

/** Beyond this a batch no longer fits into the training data. */
export const MAX_BATCH = 60_000

/**
 * @param argv without the program's own name
 * @param out receives the help text when that is what was asked for
 * @returns undefined after the help text
 * @throws UsageError for an unknown flag or a wrong value
 * @throws InputError for an unknown backend or model
 */
export function parseOptions(argv: readonly string[], out: Output): BenchOptions | undefined {
  const flags = parseFlags(argv, out)
  if (flags === undefined) return undefined
  const { backend, model, batch, reps, steps, seconds, seed, threads, json, markdown, svg } = flags
  const backends = placedBackends(places(flags.in), backend === 'all' ? 'all' : list('--backend', backend))
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
    ...(markdown === undefined ? {} : { markdown }),
    ...(svg === undefined ? {} : { svg }),
  }
}

function parseFlags(argv: readonly string[], out: Output): Flags | undefined {
  const steps = new Option('--steps <n>', 'timed steps in each process')
  const command = createCommand(
    'bench', 'Times training steps on every backend, each repetition in a fresh process, parity beside speed.', out)
    .option('--backend <names>', `comma-separated, or all: ${BACKEND_NAMES.join(', ')}`, 'all')
    .option('--in <places>', `comma-separated: ${PLACES.join(', ')}; browsers without a window, CHROMIUM_PATH or FIREFOX_PATH names theirs`, 'node')
    .option('--model <names>', `comma-separated, or all: ${Object.keys(models).join(', ')}`, 'lenet5')
    .option('--batch <size>', 'images a step', wholeNumber('--batch', 1, MAX_BATCH), 32)
    .option('--reps <n>', 'fresh processes for each backend and model', wholeNumber('--reps', 1, 1000), 5)
    .addOption(steps.argParser(wholeNumber('--steps', 1, 1_000_000)).conflicts('seconds'))
    .option('--seconds <s>', `of timed steps in each process, ${MIN_STEPS} to ${MAX_STEPS} steps`,
      decimal('--seconds', { min: 0, max: 3600, aboveMin: true }), 2)
    .option('--seed <n>', 'of weights, data, dropout and the order of the processes', wholeNumber('--seed', 0, MAX_SEED), 1)
    .option('--threads <n>', 'to ask a backend for', wholeNumber('--threads', 1, 1024))
    .option('--json <file>', 'write the result there')
    .option('--markdown <file>', 'write the tables there')
    .option('--svg <file>', 'draw the result there')
  try {
    command.parse(typedArguments(argv), { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench')
    if (usage === undefined) return undefined
    throw usage
  }
  return command.opts<Flags>()
}

function places(text: string): Place[] {
  return list('--in', text).map((name) => {
    const place = PLACES.find((known) => known === name)
    if (place !== undefined) return place
    throw new UsageError({ where: '--in', expected: `some of ${PLACES.join(', ')}`, got: name, mend: 'correct it' })
  })
}

/** @throws UsageError when there is no name */
export function list(flag: string, text: string): string[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()).filter((name) => name !== ''))]
  if (names.length === 0) {
    throw new UsageError({
      where: flag, expected: 'names separated by commas, or all', got: JSON.stringify(text), mend: 'see bench --help',
    })
  }
  return names
}
