import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { FoundRuntime } from '../runtime.js'

/** Where to look for a program. */
export interface ProgramPlaces {
  /** The environment variable that names it, before anything else is tried. */
  readonly variable: string
  /** Its path in the folder that `setup:runtimes` fills, below the name of the runtime. */
  readonly installed?: readonly string[]
  /** Its names on the PATH. */
  readonly programs?: readonly string[]
  /** What to do if it is not found. */
  readonly hint: string
}

/** Finds the program of a runtime: by its variable, in the user's cache, then on the PATH. */
export async function findProgram(
  { variable, installed, programs = [], hint }: ProgramPlaces,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FoundRuntime> {
  const given = environment[variable]
  if (given !== undefined && given !== '') {
    if (await isReadable(given)) return { ok: true, path: given }
    return {
      ok: false,
      reason: `${variable} is ${given}, which is not there`,
      hint: `set ${variable} to the program, or unset it`,
    }
  }
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const places = [
    ...(installed === undefined ? [] : [join(cache, 'mnist-lab', 'runtimes', ...installed)]),
    ...(environment['PATH'] ?? '')
      .split(delimiter)
      .filter((folder) => folder !== '')
      .flatMap((folder) => programs.map((program) => join(folder, program))),
  ]
  for (const path of places) if (await isReadable(path)) return { ok: true, path }
  return { ok: false, reason: 'it is not installed', hint }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
