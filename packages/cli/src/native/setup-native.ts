import { access, cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstallation, installationFolder } from '@mnist-lab/backends/node'
import { isInputError, JsonError, parseForeignJson } from '@mnist-lab/core'
import { fileError, lockFolder } from '@mnist-lab/core/node'
import { type Terminal, UsageError } from '@mnist-lab/terminal'
import { type Checksum, ChecksumError } from '../setup/checksum.js'
import { inCache, isFromDisk } from '../setup/in-cache.js'
import { narrator, type Narrator } from '../setup/narrator.js'
import { MAX_OUTPUT, runCommand, runPython } from '../setup/run-command.js'
import {
  createStageFolder,
  firstChanged,
  publish,
  removeOldStages,
  type Stage,
  writeDescription,
} from '../setup/stage.js'
import { findCompiler } from './compile.js'
import { fromArchive } from './from-archive.js'
import { fromSystem } from './from-system.js'
import { fromWheel } from './from-wheel.js'
import { describeStage, type Prepared } from './prepared.js'
import { fetchTfjsNode, KERNELS } from './tfjs-node-package.js'

/** A method to get native TensorFlow. */
export interface Method {
  readonly title: string
  readonly prepare: (stage: Stage) => Promise<Prepared>
}

/** Returns the methods, in the order in which they are tried. */
function allMethods(wheelChecksum: Checksum | undefined): readonly Method[] {
  return [
    {
      title: 'the release archive of TensorFlow’s C library',
      prepare: (stage) => fromArchive(stage),
    },
    { title: 'a TensorFlow that is installed on this system', prepare: fromSystem },
    {
      title: 'the Python wheel of TensorFlow',
      prepare: (stage) => fromWheel(stage, wheelChecksum),
    },
  ]
}

/** Options of {@link setupNative}. Tests replace its parts. */
export interface SetupOptions {
  /** The SHA-256 of the wheel that the user states. @default the one that is pinned */
  readonly wheelChecksum?: Checksum | undefined
  /** @default a folder in the user's cache */
  readonly folder?: string
  /** @default the release archive, an installed TensorFlow, the wheel */
  readonly methods?: readonly Method[]
  readonly fetchKernels?: (stage: Stage) => Promise<void>
  /** @returns TensorFlow's version, after a step that trained */
  readonly verify?: (folder: string, signal: AbortSignal) => Promise<string>
}

/**
 * Sets up native TensorFlow, unless a working installation exists. The folder appears only when it
 * is complete.
 *
 * @throws UsageError when no method works, with the reason for each of them
 * @throws ChecksumError when a download is not the published file; then no other method is tried
 * @throws LockedError when another process is setting up
 */
export async function setupNative(
  { err, signal }: Terminal,
  {
    wheelChecksum,
    folder = installationFolder(),
    methods = allMethods(wheelChecksum),
    fetchKernels = fetchTfjsNode,
    verify = trainStep,
  }: SetupOptions = {},
): Promise<{ folder: string; tensorflow: string }> {
  const { say, tell, end } = narrator(err)
  const working = await existing(folder, verify, { signal, say, tell })
  if (working !== undefined) return { folder, tensorflow: working }
  const lock = await inCache(folder, () => lockFolder(folder))
  try {
    await removeOldStages(folder)
    const parts = { folder, methods, fetchKernels, verify }
    return { folder, tensorflow: await firstThatWorks(parts, { signal, say, tell }) }
  } catch (error) {
    throw isFromDisk(error) && !signal.aborted ? fileError(folder, error) : error
  } finally {
    end()
    await lock.release()
  }
}

type Verify = NonNullable<SetupOptions['verify']>
type Reporting = Pick<Stage, 'signal'> & Pick<Narrator, 'say' | 'tell'>

/** Tries the methods in turn, and returns the version of TensorFlow. */
async function firstThatWorks(
  {
    folder,
    methods,
    fetchKernels,
    verify,
  }: Required<Pick<SetupOptions, 'folder' | 'methods' | 'fetchKernels' | 'verify'>>,
  { signal, say, tell }: Reporting,
): Promise<string> {
  const failures: string[] = []
  let needed = 'fix one of these problems and run the command again'
  const kernels: Stage = { folder: await stageFolder(folder), signal, say }
  try {
    await fetchKernels(kernels)
    for (const [index, method] of methods.entries()) {
      tell(`${index + 1}. ${method.title}`)
      const stage: Stage = { folder: await stageFolder(folder), signal, say }
      try {
        const tensorflow = await attempt(method, stage, kernels, folder, verify)
        tell(`   works: TensorFlow ${tensorflow}, in ${folder}`)
        return tensorflow
      } catch (error) {
        failures.push(lineOf(error))
        tell(`   no: ${failures.at(-1)}`)
      } finally {
        await rm(stage.folder, { recursive: true, force: true })
      }
    }
  } catch (error) {
    // Without the kernels no method can be tried. The other requirements are checked all the same,
    // so that the user sees everything that is missing at once.
    failures.push(lineOf(error), ...(await missingTools(signal)))
    needed =
      'the set-up needs the npm registry, a C++ compiler, and one of storage.googleapis.com, an installed TensorFlow ' +
      '(LIBTENSORFLOW_ROOT, or the one of Python), or pip and its index; fix that and run the command again'
  } finally {
    await rm(kernels.folder, { recursive: true, force: true })
  }
  throw new UsageError({
    where: 'native TensorFlow',
    what: `the set-up failed: ${failures.map((text, at) => `(${at + 1}) ${text}`).join('. ')}`,
    hint: `${needed}; until then --backend=wasm trains the same models`,
  })
}

function stageFolder(target: string): Promise<string> {
  return inCache(target, () => createStageFolder(target))
}

async function attempt(
  method: Method,
  stage: Stage,
  kernels: Stage,
  folder: string,
  verify: Verify,
): Promise<string> {
  await cp(join(kernels.folder, KERNELS), join(stage.folder, KERNELS), { recursive: true })
  const prepared = await method.prepare(stage)
  stage.say('training one step to check that it works')
  const installation = await describeStage(stage, prepared, KERNELS)
  await writeDescription(stage.folder, installation)
  const tensorflow = await verify(stage.folder, stage.signal)
  await writeDescription(stage.folder, { ...installation, tensorflow })
  await publish(stage.folder, folder)
  return tensorflow
}

/**
 * Returns the line of an error after which other methods are tried.
 *
 * @throws the error itself when it is a bug, an abort, or a download that is not the published one
 */
function lineOf(error: unknown): string {
  if (!isInputError(error) || error instanceof ChecksumError) throw error
  return error.message
}

/** Returns the errors of the programs that are missing. */
async function missingTools(signal: AbortSignal): Promise<string[]> {
  const checks = [
    findCompiler(signal),
    runPython(['-m', 'pip', '--version'], {
      signal,
      hint: 'install Python with pip: `apt install python3-pip`',
    }),
  ]
  return (await Promise.allSettled(checks)).flatMap((outcome) =>
    outcome.status === 'rejected' ? [lineOf(outcome.reason)] : [],
  )
}

/**
 * Returns the version of an installation that works, or undefined when it must be set up again. It
 * tells the user which of the two it is.
 */
async function existing(
  folder: string,
  verify: Verify,
  { signal, say, tell }: Reporting,
): Promise<string | undefined> {
  const there = await access(folder).then(
    () => true,
    () => false,
  )
  if (!there) return undefined
  say('checking the existing installation')
  const found = findInstallation(folder)
  const changed = found.ok
    ? await firstChanged(folder, found.installation.files, signal)
    : undefined
  if (found.ok && changed === undefined) {
    try {
      const tensorflow = await verify(folder, signal)
      tell(`already set up: TensorFlow ${tensorflow} (${found.installation.source}), in ${folder}`)
      return tensorflow
    } catch (error) {
      if (!isInputError(error)) throw error
      tell(`the existing installation does not work and is set up again (${error.message})`)
      return undefined
    }
  }
  tell(`${found.ok ? `${changed} has changed` : found.reason}; TensorFlow is set up again`)
  return undefined
}

/**
 * Trains one step with an installation and returns the version of TensorFlow.
 *
 * @throws UsageError when the installation does not load or does not train
 */
async function trainStep(folder: string, signal: AbortSignal): Promise<string> {
  const output = await runCommand(
    process.execPath,
    [fileURLToPath(new URL('./verify-child.js', import.meta.url)), folder],
    { signal, hint: 'another TensorFlow may work' },
  )
  const { tensorflow, learned } = answerOf(output, folder)
  if (!learned)
    throw new UsageError({
      where: folder,
      what: 'a training step does not reduce the loss',
      hint: 'another TensorFlow may work',
    })
  return tensorflow
}

/** Returns what verify-child.ts has written. A library may write to the same stdout. */
function answerOf(output: string, folder: string): { tensorflow: string; learned: boolean } {
  try {
    const answer = Object(parseForeignJson(output, { maxSize: MAX_OUTPUT })) as Record<
      'tensorflow' | 'learned',
      unknown
    >
    return { tensorflow: String(answer.tensorflow), learned: answer.learned === true }
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new UsageError({
      where: folder,
      what: `the process that trained a step answered something that is ${cause.facts.what}`,
      hint: 'another TensorFlow may work',
      cause,
    })
  }
}
