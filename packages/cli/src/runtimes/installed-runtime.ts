import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseForeignJson } from '@mnist-lab/core'
import { readIfThere } from '@mnist-lab/core/node'
import type { RuntimeParts } from '@mnist-lab/bench/runtimes/node'
import { DESCRIPTION, firstChanged, type InstalledFile } from '../setup/stage.js'

/** The schema that the description of an installed runtime names. */
export const RUNTIME_SCHEMA = 'mnist-lab/runtime@1'
/** The most bytes of that description, which lists a few dozen files. */
const MAX_RUNTIME_BYTES = 2 ** 22

/** The contents of `installation.json` in the folder of a runtime. */
export interface InstalledRuntime {
  readonly schema: typeof RUNTIME_SCHEMA
  /** The packages as `name@version`. */
  readonly packages: readonly string[]
  readonly files: readonly InstalledFile[]
}

/** The state of a runtime's folder. */
export type RuntimeState =
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly reason: string }
  | { readonly state: 'installed'; readonly bytes: number; readonly packages: readonly string[] }

/** Returns the packages of a runtime as `name@version`. */
export function packagesOf({ npm }: RuntimeParts): string[] {
  return npm.map(({ name, version }) => `${name}@${version}`)
}

/**
 * Returns whether a runtime is installed in a folder, as this version of mnist-lab wants it.
 *
 * @param signal compares checksums too, and ends that; without it only sizes are compared
 */
export async function runtimeState(
  folder: string,
  parts: RuntimeParts,
  signal?: AbortSignal,
): Promise<RuntimeState> {
  const bytes = await readIfThere(join(folder, DESCRIPTION), MAX_RUNTIME_BYTES)
  if (bytes === undefined) {
    const there = await stat(folder).catch(() => undefined)
    return there === undefined
      ? { state: 'missing' }
      : { state: 'damaged', reason: 'its description is missing' }
  }
  const described = readDescription(bytes)
  if (described === undefined)
    return { state: 'damaged', reason: 'its description is damaged, or of another version' }
  if (described.packages.join() !== packagesOf(parts).join())
    return { state: 'damaged', reason: `it is ${described.packages.join(', ')}` }
  const changed =
    signal === undefined
      ? await firstOfOtherSize(folder, described.files)
      : await firstChanged(folder, described.files, signal)
  if (changed !== undefined)
    return { state: 'damaged', reason: `${changed} is missing or has changed` }
  return {
    state: 'installed',
    bytes: described.files.reduce((sum, file) => sum + file.bytes, 0),
    packages: described.packages,
  }
}

function readDescription(bytes: Uint8Array): InstalledRuntime | undefined {
  let found: Partial<InstalledRuntime> | null
  try {
    found = parseForeignJson(bytes, { maxSize: MAX_RUNTIME_BYTES }) as typeof found
  } catch {
    // A process that was killed, or a user, has left something else. It is set up again.
    return undefined
  }
  if (found?.schema !== RUNTIME_SCHEMA) return undefined
  const valid =
    Array.isArray(found.packages) &&
    Array.isArray(found.files) &&
    found.files.every(({ path, bytes: size }) => typeof path === 'string' && size >= 0)
  return valid ? (found as InstalledRuntime) : undefined
}

async function firstOfOtherSize(
  folder: string,
  files: readonly InstalledFile[],
): Promise<string | undefined> {
  for (const { path, bytes } of files) {
    const found = await stat(resolve(folder, path)).catch(() => undefined)
    if (found?.size !== bytes) return path
  }
  return undefined
}
