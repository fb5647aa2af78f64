import { readFile } from 'node:fs/promises'
import { UsageError } from './usage-error.js'

/** @throws UsageError when there is no such file, or it cannot be read */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    const what = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new UsageError({ where: path, what, hint: 'check the path', cause })
  }
}
