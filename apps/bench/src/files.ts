import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from '@mnist-lab/cli/terminal'

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
    if ((await stat(file).catch(() => undefined))?.isDirectory() === true) throw new Error(`${file} is a folder`)
  } catch (cause) {
    throw new UsageError({
      where: `${flag} ${file}`, what: `cannot write into ${folder} (${reason(cause)})`,
      mend: 'name a folder that exists and that you may write to', cause,
    })
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message
}
