import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { printable } from '@mnist-lab/core'
import { readInputRecord, type RecordedInput } from './input-record.js'
import type { InstrumentedBundle } from './instrumented-bundle.js'
import { type Fault, signatureOf } from './judge.js'
import { type ChildMessage, type ChildTask, FUZZER_BUG, type Progress } from './messages.js'
import { scratchFolder } from './scratch-folder.js'
import { shrink } from './shrink.js'

/** How long and how hard a target is fuzzed. */
export interface FuzzOptions {
  readonly seed: number
  /** At least so many inputs, and at least so long. */
  readonly inputs: number
  readonly milliseconds: number
  /** The most seconds that one input may take. */
  readonly seconds: number
  /** The folder of the kept corpus of this target. */
  readonly corpus: string
}

/** A wrong answer to an input. */
export interface Finding {
  readonly fault: Fault
  readonly bytes: Uint8Array
}

/** What came out of fuzzing one target. */
export interface TargetReport {
  readonly executions: number
  readonly branches: number
  readonly features: number
  /** The number of inputs that were added to the kept corpus. */
  readonly added: number
  readonly findings: readonly Finding[]
}

/** How often the supervisor looks at the child, in milliseconds. */
const LOOK_MS = 250
/** How long a child may take before its first input. */
const START_SECONDS = 60
/**
 * How much longer a child may take that does not use the processor all the time, because other
 * programs do.
 */
const BUSY = 10
/** The most memory of the whole child, in MB of 2²⁰ bytes, where the system tells it. */
const MAX_RESIDENT_MB = 2048
/** The most memory of the child for JavaScript's objects. */
const MAX_HEAP_MB = 768
/** How much of what a child writes to stderr is kept, in characters. */
const STDERR_KEPT = 8192
/** The most processes that may die in one run of a target. */
const MAX_DEATHS = 20
/** The most runs to make an input shorter that kills its process. */
const SHRINK_RUNS = 12

/**
 * Fuzzes a target in a child process. A child that hangs, takes too much memory or dies gives a
 * finding, and another one goes on after the input.
 *
 * @param signal ends the run; the corpus is saved as at its normal end
 */
export async function fuzzTarget(
  name: string,
  bundle: InstrumentedBundle,
  options: FuzzOptions,
  signal: AbortSignal,
  onProgress: (progress: Progress, findings: number) => void,
): Promise<TargetReport> {
  const scratch = scratchFolder()
  const inputs = join(scratch, 'inputs')
  mkdirSync(inputs)
  const until = Date.now() + options.milliseconds
  const findings = new Map<string, Finding>()
  const add = (finding: Finding) => {
    const signature = signatureOf(finding.fault)
    if (!findings.has(signature)) findings.set(signature, finding)
  }
  const deadly: string[] = []
  let report = { executions: 0, branches: 0, features: 0, added: 0 }
  let first = 0
  let before = 0
  try {
    while (deadly.length <= MAX_DEATHS) {
      const task: ChildTask = {
        ...settingsOf(name, bundle, options, scratch),
        first,
        until,
        scratch: inputs,
        deadly,
      }
      const death = await runChild(bundle, task, signal, (message) => {
        if (message.type === 'fine') return
        if (message.type === 'fault')
          return add({ fault: message.fault, bytes: Buffer.from(message.base64, 'base64') })
        const { branches, features } = message
        const executions = before + message.executions
        const added = message.type === 'done' ? message.added : 0
        report = { executions, branches, features, added }
        onProgress({ ...message, type: 'progress', executions }, findings.size)
      })
      if (death === undefined || signal.aborted) break
      const { recorded } = death
      const finding = await confirmed(death, name, bundle, options, signal)
      if (finding !== undefined) add(finding)
      deadly.push(Buffer.from(recorded.bytes).toString('base64'))
      before += recorded.count
      first = recorded.input
    }
  } finally {
    rmSync(scratch, { recursive: true })
  }
  return { ...report, findings: [...findings.values()] }
}

/**
 * Runs one input in a process of its own.
 *
 * @returns what is wrong with the answer, or undefined
 */
export async function replayInput(
  name: string,
  bundle: InstrumentedBundle,
  bytes: Uint8Array,
  options: FuzzOptions,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const scratch = scratchFolder()
  const replay = join(scratch, 'input')
  writeFileSync(replay, bytes)
  let fault: Fault | undefined
  try {
    const task = { ...settingsOf(name, bundle, options, scratch), first: 0, until: 0, replay }
    const death = await runChild(bundle, { ...task, deadly: [] }, signal, (message) => {
      if (message.type === 'fault') fault = message.fault
    })
    return death?.fault ?? fault
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function settingsOf(
  target: string,
  { branches }: InstrumentedBundle,
  { seed, inputs, seconds, corpus }: FuzzOptions,
  scratch: string,
) {
  const record = join(scratch, 'record')
  return { target, branches, seed, inputs, seconds, corpus, scratch, record }
}

/** Says why a child died, and on which input. */
interface Death {
  readonly fault: Fault
  readonly recorded: RecordedInput
}

/**
 * Repeats the input that a child died on alone, and makes it shorter if it kills again.
 *
 * @returns undefined if a hang is not repeated, because the machine may have been busy
 */
async function confirmed(
  { fault, recorded: { bytes } }: Death,
  name: string,
  bundle: InstrumentedBundle,
  options: FuzzOptions,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const again = (input: Uint8Array) => replayInput(name, bundle, input, options, signal)
  const repeated = await again(bytes)
  if (repeated === undefined) {
    if (fault.kind === 'hang') return undefined
    return { bytes, fault: { ...fault, what: `${fault.what}; the input alone does not repeat it` } }
  }
  const signature = signatureOf(repeated)
  const isSame = async (shorter: Uint8Array) => {
    const fault = await again(shorter)
    return fault !== undefined && signatureOf(fault) === signature
  }
  return { fault: repeated, bytes: await shrink(bytes, isSame, SHRINK_RUNS) }
}

/**
 * Runs a child to its end.
 *
 * @returns undefined if it has done its task, otherwise why it died
 */
async function runChild(
  { entry }: InstrumentedBundle,
  task: ChildTask,
  signal: AbortSignal,
  onMessage: (message: ChildMessage) => void,
): Promise<Death | undefined> {
  const folder = dirname(task.record)
  // Deadly inputs would make an argument too long.
  const taskFile = join(folder, 'task.json')
  writeFileSync(taskFile, JSON.stringify(task))
  const child = fork(entry, [taskFile], {
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A child that is killed cannot remove its own temporary files.
    env: { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder },
  })
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  child.on('message', (message) => onMessage(message as ChildMessage))
  const stop = () => void (child.connected && child.send('stop'))
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  let killedFor: Fault | undefined
  const kill = (fault: Fault) => {
    killedFor ??= fault
    child.kill('SIGKILL')
  }
  const watch = watched(child, task, kill)
  try {
    const { code, by } = await new Promise<{ code: number | null; by: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.on('error', reject)
        child.on('close', (code, by) => resolve({ code, by }))
      },
    )
    if (code === 0 && killedFor === undefined) return undefined
    const recorded = existsSync(task.record) ? readInputRecord(task.record) : undefined
    const fault = killedFor ?? crash(stderr, by ?? `exit code ${code}`)
    if (recorded === undefined || code === FUZZER_BUG)
      throw new Error(`the process of ${task.target} failed: ${fault.what}\n${stderr}`)
    return { fault, recorded }
  } finally {
    clearInterval(watch)
    signal.removeEventListener('abort', stop)
  }
}

/** Looks at a child from time to time, and kills it when it is stuck or has taken too much. */
function watched(
  child: ChildProcess,
  { record, seconds }: ChildTask,
  kill: (fault: Fault) => void,
): NodeJS.Timeout {
  let count = 0
  let since = { clock: Date.now(), processor: 0 }
  return setInterval(() => {
    const now = existsSync(record) ? (readInputRecord(record)?.count ?? 0) : 0
    const clock = Date.now()
    const processor = processorSeconds(child.pid) ?? clock / 1000
    if (now !== count) {
      count = now
      since = { clock, processor }
    }
    const most = count === 0 ? START_SECONDS : seconds
    if (processor - since.processor > most || clock - since.clock > BUSY * most * 1000)
      kill({ kind: 'hang', what: `no answer in ${seconds} s` })
    if (residentMegabytes(child.pid) > MAX_RESIDENT_MB)
      kill({ kind: 'memory', what: `the process takes more than ${MAX_RESIDENT_MB} MB` })
  }, LOOK_MS)
}

/** Returns the memory of a process in MB of 2²⁰ bytes, or 0 where the system does not tell. */
function residentMegabytes(pid: number | undefined): number {
  const [, pages = '0'] = kernelFile(pid, 'statm')?.split(' ') ?? []
  return (Number(pages) * PAGE_BYTES) / 2 ** 20
}

/**
 * Returns how many seconds a process has used the processor, or undefined where the system does not
 * tell.
 */
function processorSeconds(pid: number | undefined): number | undefined {
  // The name of the program stands in brackets and may have any character. Behind it, the numbers
  // 12 and 13 are the times in user mode and in the kernel (proc(5)).
  const fields = kernelFile(pid, 'stat')?.split(')').at(-1)!.trim().split(' ')
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Returns a file about a process, or undefined where there is none. */
function kernelFile(pid: number | undefined, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    // The process has ended, or this is no Linux.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

const PAGE_BYTES = 4096
const TICKS_PER_SECOND = 100

function crash(stderr: string, end: string): Fault {
  if (/heap out of memory|Array buffer allocation failed/.test(stderr))
    return { kind: 'memory', what: `the process ran out of ${MAX_HEAP_MB} MB of heap` }
  const line = stderr.split('\n').find((line) => /\w*Error: /.test(line)) ?? ''
  return { kind: 'crash', what: printable(`${end}: ${line}`.slice(0, 300)), stack: stderr }
}
