import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The most bytes and files that the kept corpus of a target may have. */
const MAX_CORPUS_BYTES = 48 * 1024
const MAX_CORPUS_FILES = 150

/** Returns the inputs in a folder, in the order of their names; none if there is no such folder. */
export function inputsIn(folder: string): Uint8Array[] {
  let names: string[]
  try {
    names = readdirSync(folder).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names.map((name) => new Uint8Array(readFileSync(join(folder, name))))
}

/** Writes an input to a folder, under a name that follows from its content. */
export function writeInput(folder: string, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true })
  const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  writeFileSync(join(folder, name), bytes)
}

/** An input with the branches that it runs. */
export interface Covering {
  readonly bytes: Uint8Array
  readonly branches: readonly number[]
}

/**
 * Returns the inputs to add to a kept corpus: short ones first, each only if it runs a branch that
 * no input before it runs, as long as the corpus stays small.
 *
 * @param covered the branches that seeds and the corpus run
 * @param corpus the inputs that are in the corpus
 */
export function inputsToKeep(
  found: readonly Covering[],
  covered: ReadonlySet<number>,
  corpus: readonly Uint8Array[],
): Uint8Array[] {
  const all = new Set(covered)
  let bytesLeft = corpus.reduce((left, { length }) => left - length, MAX_CORPUS_BYTES)
  let filesLeft = MAX_CORPUS_FILES - corpus.length
  const kept: Uint8Array[] = []
  for (const { bytes, branches } of found.toSorted((a, b) => a.bytes.length - b.bytes.length)) {
    if (filesLeft <= 0 || bytes.length > bytesLeft) break
    if (branches.every((branch) => all.has(branch))) continue
    for (const branch of branches) all.add(branch)
    kept.push(bytes)
    bytesLeft -= bytes.length
    filesLeft--
  }
  return kept
}
