import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { BenchError } from './bench-error.js'

/**
 * Before minutes of measuring, not after.
 *
 * @throws BenchError when the file could not be written
 */
export async function assertWritable(flag: string, file: string): Promise<void> {
  const folder = dirname(resolve(file))
  try {
    await access(folder, constants.W_OK)
    if (!(await stat(folder)).isDirectory()) throw new Error('not a folder')
  } catch (cause) {
    throw new BenchError({
      where: `${flag} ${file}`, what: `cannot write into ${folder} (${reason(cause)})`,
      mend: 'name a folder that exists and that you may write to', cause,
    })
  }
}

/**
 * All of the file or nothing.
 *
 * @throws BenchError when it cannot be written
 */
export async function writeWhole(flag: string, file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text)
  } catch (cause) {
    throw new BenchError({
      where: `${flag} ${file}`, what: `cannot be written (${reason(cause)})`,
      mend: 'check the disk and the folder, or name another file', cause,
    })
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message
}
