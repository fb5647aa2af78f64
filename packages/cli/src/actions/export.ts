import { safeFileName } from '@mnist-lab/core'
import { assertWritable, createFolder, writeFileAtomic } from '@mnist-lab/core/node'
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportModel,
  withoutSoftmax,
} from '@mnist-lab/models/export'
import { openRun } from '@mnist-lab/train/node'
import { pathOf } from '@mnist-lab/terminal'
import { dirname, join, resolve } from 'node:path'
import type { CommandContext } from '../commands/command.js'
import type { ExportFlags } from '../commands/export.js'

/** What is behind the name of the model in the default of `--out`. */
const ENDINGS: Readonly<Record<ExportFormat, string>> = {
  onnx: '.onnx',
  keras: '.keras',
  tfjs: '-tfjs',
  pytorch: '-pytorch',
  safetensors: '.safetensors',
}

/** Writes the model of a run in a format of another program. */
export async function exportRun(
  directory: string,
  { to, out, logits }: ExportFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const opened = await openRun(directory)
  const spec = logits === true ? withoutSoftmax(opened.spec) : opened.spec
  const target = out ?? `${safeFileName(spec.name)}${ENDINGS[to]}`
  const files = await exportModel(spec, opened.weights, { to })
  const paths = files.map(({ name }) =>
    resolve(EXPORT_FORMATS[to].isFolder ? join(target, name) : target),
  )
  for (const path of paths) await assertWritable(path, 'created')
  await createFolder(dirname(paths[0]!))
  for (const [at, { bytes }] of files.entries()) {
    terminal.signal.throwIfAborted()
    await writeFileAtomic(paths[at]!, bytes)
    terminal.out.write(`${pathOf(paths[at]!)}\n`)
  }
}
