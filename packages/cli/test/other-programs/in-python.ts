// Keras and PyTorch, which run in a process of Python. KERAS_PYTHON and PYTHON name a Python that
// has them.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { channelsFirst, type Known, unitPixels } from './known-models.js'

const execute = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('programs.py', import.meta.url))
const MAKER = fileURLToPath(new URL('make_models.py', import.meta.url))

/** A program of Python. */
export type PythonProgram = 'keras' | 'torch'

const PYTHONS = {
  keras: process.env['KERAS_PYTHON'] ?? 'python3',
  torch: process.env['PYTHON'] ?? 'python3',
}
const MODULES = {
  keras: 'import keras, tensorflow',
  torch: 'import numpy, onnxscript, safetensors.torch, torch',
}
/** What keeps TensorFlow from writing about the processor. */
const ENVIRONMENT = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '0' }

/** Returns whether a Python has the program. */
async function has(program: PythonProgram): Promise<boolean> {
  try {
    await execute(PYTHONS[program], ['-c', MODULES[program]], { env: ENVIRONMENT })
    return true
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return false
  }
}

/** A file, or a folder for PyTorch, that a program runs. */
export interface PythonJob {
  readonly model: string
  readonly known: Known
  /** The file that Keras saves the model to again. */
  readonly save?: string
}

/** Runs models, and returns the outputs of each. */
export async function runPython(
  program: PythonProgram,
  jobs: readonly PythonJob[],
): Promise<readonly Float32Array[]> {
  const described = []
  for (const { model, known, save } of jobs) {
    const isFirst = program === 'torch'
    const [height, width, channels] = known.spec.inputShape
    const shape = isFirst ? [channels, height, width] : [height, width, channels]
    const pixels = `${model}-${program}-pixels`
    await writeFile(pixels, new Uint8Array((isFirst ? channelsFirst : unitPixels)(known).buffer))
    const out = `${model}-${program}-outputs`
    described.push({ model, pixels, shape: [known.count, ...shape], out, save })
  }
  const list = `${jobs[0]!.model}-${program}-jobs`
  await writeFile(list, described.map((job) => `${JSON.stringify(job)}\n`).join(''))
  await execute(PYTHONS[program], [SCRIPT, program, list], { env: ENVIRONMENT })
  return Promise.all(described.map(({ out }) => floatsIn(out)))
}

/**
 * Lets a program make models as its users do.
 *
 * @param folder where they are saved, each with its outputs in a file `NAME.outputs`
 * @param pixels from 0 to 1, [image, 28, 28]
 */
export async function makeModels(
  program: PythonProgram,
  folder: string,
  pixels: Float32Array,
): Promise<void> {
  const file = `${folder}/pixels`
  await writeFile(file, new Uint8Array(pixels.buffer))
  await execute(PYTHONS[program], [MAKER, program, folder, file], { env: ENVIRONMENT })
}

/** Returns the numbers in a file. */
export async function floatsIn(file: string): Promise<Float32Array> {
  return new Float32Array(Uint8Array.from(await readFile(file)).buffer)
}

/**
 * Skips a test where no Python has the program, or fails it where the variable `REQUIRE_…` says
 * that one has.
 */
export async function needs(program: PythonProgram, skip: (note: string) => void): Promise<void> {
  if (await has(program)) return
  const variable = program === 'keras' ? 'REQUIRE_KERAS' : 'REQUIRE_TORCH'
  if (process.env[variable] === '1') throw new Error(`no Python with ${program}`)
  skip(`no Python with ${program}`)
}
