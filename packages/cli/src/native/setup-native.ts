import { access, cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstallation, installationFolder } from '@mnist-lab/backends/node'
import { isInputError } from '@mnist-lab/core'
import { statusLine, type Terminal, UsageError } from '@mnist-lab/terminal'
import { runCommand } from './run-command.js'
import { findCompiler } from './compile.js'
import { runPython } from './python.js'
import {
  createStageFolder,
  describeStage,
  firstChanged,
  type Prepared,
  publish,
  type Stage,
  writeInstallation,
} from './stage.js'
import { fetchTfjsNode, KERNELS } from './tfjs-node-package.js'
import { fromOwn } from './way-own.js'
import { fromPrebuilt } from './way-prebuilt.js'
import { fromWheel } from './way-wheel.js'

/** A way to get native TensorFlow. */
export interface Way {
  readonly title: string
  readonly prepare: (stage: Stage) => Promise<Prepared>
}

/** In the order in which they are tried. */
export const WAYS: readonly Way[] = [
  { title: 'tfjs-node’s own binary', prepare: fromPrebuilt },
  { title: 'a TensorFlow of your own', prepare: fromOwn },
  { title: 'TensorFlow’s Python wheel', prepare: fromWheel },
]

/** For tests; a user has no choice of these but the folder. */
export interface SetupOptions {
  /** @default the user's cache */
  readonly folder?: string
  readonly ways?: readonly Way[]
  readonly fetchKernels?: (stage: Stage) => Promise<void>
  /** @returns TensorFlow's version, after a step that trained */
  readonly verify?: (folder: string, signal: AbortSignal) => Promise<string>
}

/**
 * Sets native TensorFlow up, unless it is and still works. The folder appears whole or not at all.
 *
 * @throws UsageError when no way works, with what each of them lacks
 */
export async function setupNative(
  { err, signal }: Terminal,
  {
    folder = installationFolder(),
    ways = WAYS,
    fetchKernels = fetchTfjsNode,
    verify = trainStep,
  }: SetupOptions = {},
): Promise<{ folder: string; tensorflow: string }> {
  const line = statusLine(err)
  const tell = (text: string) => {
    line.clear()
    err.write(`${text}\n`)
  }
  // On a pipe, what is being done, but not every megabyte of it.
  let said = ''
  const say = (text: string) => {
    const kind = text.replace(/\d+/g, '')
    if (line.live) line.show(text)
    else if (kind !== said) tell(text)
    said = kind
  }
  const working = await existing(folder, verify, { signal, say, tell })
  if (working !== undefined) return { folder, tensorflow: working }
  const failures: string[] = []
  let needed = 'fix one of these and run it again'
  const kernels: Stage = { folder: await stageFolder(folder), signal, say }
  try {
    await fetchKernels(kernels)
    for (const [index, way] of ways.entries()) {
      tell(`${index + 1}. ${way.title}`)
      const stage: Stage = { folder: await stageFolder(folder), signal, say }
      try {
        const tensorflow = await attempt(way, stage, kernels, folder, verify)
        tell(`   works: TensorFlow ${tensorflow}, in ${folder}`)
        return { folder, tensorflow }
      } catch (error) {
        failures.push(lineOf(error))
        tell(`   no: ${failures.at(-1)}`)
      } finally {
        await rm(stage.folder, { recursive: true, force: true })
      }
    }
  } catch (error) {
    // Without the kernels no way can be tried; what the ways would need is told all the same, to be mended in one go.
    failures.push(lineOf(error), ...(await missingTools(signal)))
    needed =
      'it needs the npm registry, and either storage.googleapis.com, or a C++ compiler with a TensorFlow of yours ' +
      '(LIBTENSORFLOW_ROOT, or Python’s) or with pip and its index; fix that and run it again'
  } finally {
    await rm(kernels.folder, { recursive: true, force: true })
    line.clear()
  }
  throw new UsageError({
    where: 'native TensorFlow',
    what: `it could not be set up: ${failures.map((text, at) => `(${at + 1}) ${text}`).join('. ')}`,
    hint: `${needed}; until then --backend=wasm trains the same models`,
  })
}

async function stageFolder(target: string): Promise<string> {
  try {
    return await createStageFolder(target)
  } catch (cause) {
    throw new UsageError({
      where: target,
      what: `cannot be made (${(cause as NodeJS.ErrnoException).code})`,
      hint: 'name another place with MNIST_LAB_CACHE',
      cause,
    })
  }
}

async function attempt(
  way: Way,
  stage: Stage,
  kernels: Stage,
  folder: string,
  verify: NonNullable<SetupOptions['verify']>,
): Promise<string> {
  await cp(join(kernels.folder, KERNELS), join(stage.folder, KERNELS), { recursive: true })
  const prepared = await way.prepare(stage)
  stage.say('training a step to see that it works')
  const installation = await describeStage(stage, prepared, KERNELS)
  await writeInstallation(stage.folder, installation)
  const tensorflow = await verify(stage.folder, stage.signal)
  await writeInstallation(stage.folder, { ...installation, tensorflow })
  await publish(stage.folder, folder)
  return tensorflow
}

/** @throws the error itself when it is a bug, or the user's wish to end */
function lineOf(error: unknown): string {
  if (!isInputError(error)) throw error
  return error.message
}

/** Programs that are not there. */
async function missingTools(signal: AbortSignal): Promise<string[]> {
  const checks = [
    findCompiler(signal),
    runPython(
      ['-m', 'pip', '--version'],
      signal,
      'install Python with pip: `apt install python3-pip`',
    ),
  ]
  return (await Promise.allSettled(checks)).flatMap((outcome) =>
    outcome.status === 'rejected' ? [lineOf(outcome.reason)] : [],
  )
}

/** The version of what is set up already and works; a damaged one is told and will be replaced. */
async function existing(
  folder: string,
  verify: NonNullable<SetupOptions['verify']>,
  { signal, say, tell }: Pick<Stage, 'signal' | 'say'> & { readonly tell: (text: string) => void },
): Promise<string | undefined> {
  const there = await access(folder).then(
    () => true,
    () => false,
  )
  if (!there) return undefined
  say('checking what is set up already')
  const found = findInstallation(folder)
  const changed = found.ok ? await firstChanged(folder, found.installation) : undefined
  if (found.ok && changed === undefined) {
    try {
      const tensorflow = await verify(folder, signal)
      tell(`already set up: TensorFlow ${tensorflow} (${found.installation.source}), in ${folder}`)
      return tensorflow
    } catch (error) {
      if (!isInputError(error)) throw error
      tell(`set up, but it does not work; it is set up again (${error.message})`)
      return undefined
    }
  }
  tell(`${found.ok ? `${changed} has changed` : found.reason}; it is set up again`)
  return undefined
}

/** @throws UsageError when it does not load or does not train */
async function trainStep(folder: string, signal: AbortSignal): Promise<string> {
  const output = await runCommand(
    process.execPath,
    [fileURLToPath(new URL('./verify-child.js', import.meta.url)), folder],
    { signal, hint: 'another TensorFlow may work' },
  )
  const { tensorflow, learned } = JSON.parse(output) as { tensorflow: string; learned: boolean }
  if (!learned)
    throw new UsageError({
      where: folder,
      what: 'a training step does not lower the loss',
      hint: 'another TensorFlow may work',
    })
  return tensorflow
}
