import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | undefined

/** Returns a folder of this process, which is removed at its end. */
export function inputFolder(): string {
  if (folder === undefined) {
    const created = mkdtempSync(join(tmpdir(), 'mnist-lab-input-'))
    process.on('exit', () => rmSync(created, { recursive: true, force: true }))
    folder = created
  }
  return folder
}

/** Writes an input to a file in {@link inputFolder}, and returns the path. */
export function inputFile(name: string, bytes: Uint8Array): string {
  const path = join(inputFolder(), name)
  writeFileSync(path, bytes)
  return path
}
