import { printable, safeFileName } from '@mnist-lab/core'
import { machine, runtimeText, writeFileAtomic } from '@mnist-lab/core/node'
import { type ModelSpec, weightShapes } from '@mnist-lab/models'
import { type ImportedModel, importModel, MAX_FOREIGN_BYTES } from '@mnist-lab/models/import'
import { pathOf, readBytes } from '@mnist-lab/terminal'
import { importedRun } from '@mnist-lab/train'
import { createRun, type RunFolder } from '@mnist-lab/train/node'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { CommandContext } from '../commands/command.js'
import type { ImportFlags } from '../commands/import.js'
import { loadModel } from '../named-model.js'

/** The files that stand for a folder, the first one that is there. */
const OF_FOLDER = ['model.json', 'model.safetensors']
/** The file with the ModelSpec, which `mnist summary` and `mnist train` take. */
const MODEL_FILE = 'model.json'

/** Reads a model of another program, and writes it as the folder of a run. */
export async function importRun(
  path: string,
  { model, mean, std, out }: ImportFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const file = await fileOf(path)
  const bytes = await readBytes(file, MAX_FOREIGN_BYTES)
  const imported = await importModel(bytes, file, {
    fileBeside: (name) => readBytes(join(dirname(file), name), MAX_FOREIGN_BYTES),
    ...(model === undefined ? {} : { spec: (await loadModel(model)).spec }),
    ...(mean === undefined && std === undefined
      ? {}
      : { normalization: { mean: mean ?? 0, std: std ?? 1 } }),
  })
  terminal.signal.throwIfAborted()
  const target = out ?? join('runs', safeFileName(basename(resolve(path)), 'model'))
  const { directory, movedTo } = await written(imported, file, target)
  const earlier = movedTo === undefined ? '' : `; the earlier run is in ${pathOf(movedTo)}`
  terminal.out.write(`${described(imported)}\nfolder   ${pathOf(directory)}${earlier}\n`)
}

/** Returns the file that a path names. Reading reports what is missing. */
async function fileOf(path: string): Promise<string> {
  const isFolder = await exists(path, 'isDirectory')
  if (!isFolder) return path
  for (const name of OF_FOLDER) {
    if (await exists(join(path, name), 'isFile')) return join(path, name)
  }
  return join(path, OF_FOLDER[0]!)
}

function exists(path: string, kind: 'isDirectory' | 'isFile'): Promise<boolean> {
  return stat(path).then(
    (found) => found[kind](),
    () => false,
  )
}

async function written(
  { spec, weights, format }: ImportedModel,
  file: string,
  target: string,
): Promise<RunFolder> {
  const folder = await createRun(target)
  try {
    const { memoryBytes: _, runtime, ...here } = machine()
    const environment = { ...here, runtime: runtimeText(runtime) }
    await folder.writeWeights(weights)
    await writeFileAtomic(
      join(folder.directory, MODEL_FILE),
      `${JSON.stringify(spec, undefined, 2)}\n`,
    )
    await folder.writeRun(importedRun(spec, { file: resolve(file), format }, environment))
    return folder
  } finally {
    await folder.release()
  }
}

/** Returns what has been read, so that a wrong input or normalisation is seen. */
function described({ spec, weights, format }: ImportedModel): string {
  const parameters = weights.reduce((sum, { data }) => sum + data.length, 0)
  const layers = weightShapes(spec).length / 2
  return [
    `model    ${printable(spec.name)}, ${format}, ${spec.layers.length} layers, ${layers} of them with weights, ${parameters.toLocaleString('en')} parameters`,
    `input    ${spec.inputShape.join('×')}, ${pixelsText(spec)}`,
  ].join('\n')
}

function pixelsText({ normalization }: ModelSpec): string {
  if (normalization === undefined) return 'pixels from 0 to 1'
  const { mean, std } = normalization
  const [first, second] = [mean, std].map((value) => Number(value.toPrecision(4)))
  return `pixels from 0 to 1, of which ${first} is subtracted, divided by ${second}`
}
