import { access, constants, readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from '@mnist-lab/terminal'
import { parseBenchResult, type BenchResult } from './bench-result.js'

/**
 * Before minutes of measuring, not after.
 *
 * @throws UsageError when the file could not be written
 */
export async function assertWritable(flag: string, file: string): Promise<void> {
  const folder = dirname(resolve(file))
  try {
    await access(folder, constants.W_OK)
    if (!(await stat(folder)).isDirectory()) throw new Error('not a folder')
    if ((await stat(file).catch(() => undefined))?.isDirectory() === true)
      throw new Error(`${file} is a folder`)
  } catch (cause) {
    throw new UsageError({
      where: `${flag} ${file}`,
      what: `cannot write into ${folder} (${reason(cause)})`,
      hint: 'name a folder that exists and that you may write to',
      cause,
    })
  }
}

/** @throws UsageError when it cannot be read, or is no bench result of this version */
export async function readBenchFile(file: string): Promise<BenchResult> {
  const parsed = parseBenchResult(await readJson(file))
  if (parsed.ok) return parsed.result
  throw new UsageError({ where: file, what: parsed.what, hint: parsed.hint })
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown
  } catch (cause) {
    const hint = 'name a file that bench --json wrote'
    if (cause instanceof SyntaxError)
      throw new UsageError({ where: file, what: 'it is no JSON', hint, cause })
    throw new UsageError({ where: file, what: `cannot be read (${reason(cause)})`, hint, cause })
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message
}
