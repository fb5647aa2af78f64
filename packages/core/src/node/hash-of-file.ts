import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Says which hash of a file is asked for, and how it is written. */
export interface HashForm {
  readonly algorithm: 'md5' | 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64'
}

/** Returns the hash of a file. @throws the signal's reason when aborted */
export async function hashOfFile(
  file: string,
  { algorithm, encoding }: HashForm,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted()
    hash.update(chunk as Buffer)
  }
  return hash.digest(encoding)
}
