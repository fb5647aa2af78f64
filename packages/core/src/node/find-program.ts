import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The path of a program, or why there is none and what to do about it. */
export type FoundProgram =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

/** Environment variables, which tests replace. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where to look for a program. */
export interface ProgramPlaces {
  /** The program's name in messages. */
  readonly title: string
  /** The environment variable that names the program, before anything else is tried. */
  readonly variable: string
  /** Paths that are tried before the folders on the PATH. */
  readonly first?: readonly string[]
  /** Names of the program on the PATH, without `.exe`, the preferred one first. */
  readonly programs: readonly string[]
  /** Paths that are tried at the end. */
  readonly last?: readonly string[]
  /** What to do where it is missing, beside setting the variable. */
  readonly install: string
}

/**
 * Finds a program on this machine. If its variable is not set, the paths and the folders on the
 * PATH are searched.
 */
export async function findProgram(
  { title, variable, first = [], programs, last = [], install }: ProgramPlaces,
  environment: Environment = process.env,
): Promise<FoundProgram> {
  const given = environment[variable]
  if (given !== undefined && given !== '') {
    if (await isProgram(given)) return { ok: true, path: given }
    return {
      ok: false,
      reason: `${variable} is ${given}, which is not a program`,
      hint: `set ${variable} to the path of ${title}`,
    }
  }
  const names =
    process.platform === 'win32' ? programs.map((program) => `${program}.exe`) : programs
  const onPath = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((name) => join(folder, name)))
  for (const path of [...first, ...onPath, ...last])
    if (await isProgram(path)) return { ok: true, path }
  return {
    ok: false,
    reason: `${title} was not found on this machine`,
    hint: `${install}, or set ${variable} to its path`,
  }
}

/** Returns whether there is a file at this path that this process may run. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    // The file is missing or may not be run. In both cases it is not a program.
    return false
  }
}
