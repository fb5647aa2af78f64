import { DEFAULT_PLAN, MAX_STEPS, MIN_STEPS, TURNS } from '@mnist-lab/bench'
import { type BenchCommand, resolveEngines, TURNS_ENGINES } from '@mnist-lab/bench/node'
import { modelByName, models } from '@mnist-lab/models'
import { type Output, wholeNumber } from '@mnist-lab/terminal'
import { list, MAX_BATCH, parseSweeps } from './flag-values.js'
import { type Flags, parseFlags } from './flags.js'

/** The input of {@link parseOptions} besides the arguments. */
export interface Surroundings {
  /** The environment. Its variable `PYTHON` is the default of `--python`. */
  readonly env: { readonly PYTHON?: string | undefined }
  /** Receives the help text or the version if the user asked for it. */
  readonly out: Output
  readonly version: string
}

/**
 * Turns the arguments of `bench` into the command to carry out.
 *
 * @param argv without the program's own name
 * @returns undefined after the help text or the version
 * @throws UsageError for an unknown flag or a wrong value
 * @throws InputError for an unknown engine or model
 */
export function parseOptions(
  argv: readonly string[],
  { env, out, version }: Surroundings,
): BenchCommand | undefined {
  const flags = parseFlags(argv, out, version)
  if (flags === undefined) return undefined
  const { steps, seed, seeds, maxEpochs, minEffect, failIfSlower, against } = flags
  const turns = flags.turns === true
  const backend = flags.backend ?? flags.setups
  const sweeps = parseSweeps(flags.sweep ?? [])
  const python = flags.python ?? (env.PYTHON || undefined)
  const runtimes = list('--in', flags.in)
  const engines = resolveEngines({
    mode: turns ? 'turns' : 'fresh',
    backends: backendsOf(
      backend,
      runtimes,
      turns,
      flags.backend === undefined ? '--setups' : '--backend',
    ),
    byName: backend !== undefined && backend !== 'all',
    runtimes,
    peers: flags.peer ?? [],
    threads: sweeps.threads ?? [flags.threads],
    python: python ?? 'python3',
  })
  const budget =
    steps !== undefined
      ? { steps }
      : turns
        ? { seconds: flags.seconds ?? TURNS.seconds, minSteps: TURNS.minSteps }
        : { seconds: flags.seconds ?? 1, minSteps: MIN_STEPS, maxSteps: MAX_STEPS }
  return {
    plan: {
      ...DEFAULT_PLAN,
      ...engines,
      mode: turns ? 'turns' : 'fresh',
      models: modelsOf(flags.model ?? flags.models ?? 'lenet5'),
      batchSizes: sweeps.batch ?? batchesOf(flags),
      repetitions: turns
        ? (flags.rounds ?? TURNS.rounds)
        : (flags.reps ?? DEFAULT_PLAN.repetitions),
      budget,
      seed,
      seeds,
      maxEpochs,
      profile: flags.profile === true,
      comparison: { ...DEFAULT_PLAN.comparison, minEffect },
      ...defined({
        toAccuracy: flags.toAccuracy,
        slowDown: flags.slowDown,
        answerSeconds: flags.timeout,
      }),
    },
    allowOtherMachine: flags.allowOtherMachine === true,
    files: defined({
      json: flags.json ?? flags.out,
      markdown: flags.markdown,
      html: flags.html,
      svg: flags.svg,
    }),
    ...defined({ python, against, failIfSlower }),
  }
}

function backendsOf(
  backend: string | undefined,
  runtimes: readonly string[],
  turns: boolean,
  flag: string,
): readonly string[] | 'all' | 'default' {
  if (backend === undefined)
    return turns ? TURNS_ENGINES : runtimes.includes('all') ? 'default' : 'all'
  if (backend === 'none') return []
  return backend === 'all' ? 'all' : list(flag, backend)
}

function modelsOf(text: string): string[] {
  return text === 'all'
    ? Object.keys(models)
    : list('--model', text).map((name) => modelByName(name).name)
}

function batchesOf({ batch, batches }: Flags): number[] {
  if (batches === undefined) return [batch ?? 32]
  return list('--batches', batches).map(wholeNumber('--batches', 1, MAX_BATCH))
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** Returns the record without its undefined fields. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>
}
