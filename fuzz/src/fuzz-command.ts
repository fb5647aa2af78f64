import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  createCommand,
  decimal,
  duration,
  INTERRUPTED,
  statusLine,
  type Terminal,
  typedArguments,
  usageError,
  UsageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import { writeFindings } from './findings.js'
import { bundleInstrumented, FOLDER, type InstrumentedBundle } from './instrumented-bundle.js'
import type { Progress } from './messages.js'
import { fuzzTarget, type FuzzOptions, replayInput, type TargetReport } from './supervisor.js'

interface Flags {
  readonly minutes: number
  readonly inputs: number
  readonly seed?: number
  readonly timeout: number
  readonly replay?: string
}

/** The most minutes and inputs of a target: a year, and what a number of an input has room for. */
const MAX_MINUTES = 525_600
const MAX_INPUTS = 4_000_000_000
/** The largest seed that is taken from the clock. */
const SEEDS = 1_000_000

/** Returns the names of all targets, which are the files of their folder. */
function targetNames(): string[] {
  return readdirSync(join(FOLDER, 'src', 'targets'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

/**
 * Runs the program `fuzz`.
 *
 * @param argv the arguments, without the program's own name
 * @returns the exit code: 1 when there are findings, 130 after Ctrl-C
 * @throws UsageError for a wrong argument
 */
export async function runFuzz(argv: readonly string[], terminal: Terminal): Promise<number> {
  const known = targetNames()
  const command = createCommand(
    'fuzz',
    'Runs the parsers with millions of mutated inputs, guided by the branches that each input reaches. Inputs that reach new branches are kept in fuzz/corpus, and wrong answers in fuzz/findings.',
    terminal.out,
  )
    .argument('[targets...]', `what to fuzz: ${known.join(', ')} (default: all)`)
    .option(
      '--minutes <number>',
      'how long each target is fuzzed at least',
      decimal('--minutes', { min: 0, max: MAX_MINUTES }),
      1,
    )
    .option(
      '--inputs <count>',
      'how many inputs each target gets at least',
      wholeNumber('--inputs', 0, MAX_INPUTS),
      0,
    )
    .option(
      '--seed <number>',
      'makes the same inputs again, from the same corpus (default: from the clock)',
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--timeout <seconds>',
      'how long one input may take',
      decimal('--timeout', { min: 0.1, max: 3600 }),
      5,
    )
    .option('--replay <file>', 'runs one input of one target, and nothing else')
    .helpOption('-h, --help', 'print this help')
  try {
    command.parse(typedArguments(argv), { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'fuzz')
    if (usage === undefined) return 0
    throw usage
  }
  const flags = command.opts<Flags>()
  const targets = chosenTargets(command.args, known)
  if (flags.replay !== undefined && targets.length !== 1)
    throw new UsageError({
      where: '--replay',
      expected: 'one target',
      got: String(targets.length),
      hint: 'name the target of the input, as in fuzz png --replay=FILE',
    })
  // It is read before the bundle is made, which takes seconds.
  const replayed = flags.replay === undefined ? undefined : inputOf(flags.replay)
  const bundle = await bundleInstrumented()
  try {
    return replayed === undefined
      ? await fuzzTargets(targets, bundle, flags, terminal)
      : await replay(targets[0]!, bundle, replayed, flags, terminal)
  } finally {
    rmSync(bundle.folder, { recursive: true })
  }
}

function inputOf(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    const what = `cannot be read (${(cause as NodeJS.ErrnoException).code})`
    throw new UsageError({ where: `--replay ${file}`, what, hint: 'check the path', cause })
  }
}

function chosenTargets(named: readonly string[], known: readonly string[]): readonly string[] {
  const stray = named.find((name) => !known.includes(name))
  if (stray !== undefined)
    throw new UsageError({
      where: 'fuzz',
      expected: known.join(', '),
      got: JSON.stringify(stray),
      hint: 'name a target',
    })
  return named.length === 0 ? known : [...new Set(named)]
}

function optionsFor(target: string, seed: number, flags: Flags): FuzzOptions {
  const { minutes, inputs, timeout } = flags
  return {
    seed,
    inputs,
    milliseconds: minutes * 60_000,
    seconds: timeout,
    corpus: join(FOLDER, 'corpus', target),
  }
}

async function fuzzTargets(
  targets: readonly string[],
  bundle: InstrumentedBundle,
  flags: Flags,
  { out, err, signal }: Terminal,
): Promise<number> {
  const line = statusLine(err)
  const { seed = Date.now() % SEEDS } = flags
  let findings = 0
  out.write(`seed ${seed}, ${bundle.branches} branches in all code\n`)
  for (const target of targets) {
    const begin = Date.now()
    const options = optionsFor(target, seed, flags)
    const report = await fuzzTarget(target, bundle, options, signal, (progress, found) =>
      line.show(progressText(target, progress, found, Date.now() - begin)),
    )
    line.clear()
    out.write(reportText(target, report, Date.now() - begin))
    const folder = join(FOLDER, 'findings', target)
    for (const text of writeFindings(folder, target, report.findings)) out.write(`${text}\n`)
    findings += report.findings.length
    if (signal.aborted) break
  }
  if (findings > 0) return 1
  return signal.aborted ? INTERRUPTED : 0
}

async function replay(
  target: string,
  bundle: InstrumentedBundle,
  bytes: Uint8Array,
  flags: Flags,
  { out, signal }: Terminal,
): Promise<number> {
  const fault = await replayInput(target, bundle, bytes, optionsFor(target, 0, flags), signal)
  if (fault === undefined) {
    out.write(`${target}: a proper answer\n`)
    return 0
  }
  out.write(`${target}: ${fault.kind}: ${fault.what}\n`)
  if (fault.stack !== undefined) out.write(`${fault.stack}\n`)
  return 1
}

function progressText(target: string, progress: Progress, found: number, ms: number): string {
  const { executions, kept, branches } = progress
  const rate = Math.round(executions / (ms / 1000))
  return `${target}: ${executions} inputs in ${duration(ms)}, ${rate}/s, ${kept} kept, ${branches} branches, ${found} findings`
}

function reportText(
  target: string,
  { executions, branches, features, added, findings }: TargetReport,
  ms: number,
): string {
  const rate = Math.round(executions / (ms / 1000))
  return `${target}: ${executions} inputs in ${duration(ms)} (${rate}/s), ${branches} branches, ${features} features, ${added} added to the corpus, ${findings.length} findings\n`
}
