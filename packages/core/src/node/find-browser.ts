import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** A browser that our programs can start. */
export type BrowserName = 'chromium' | 'firefox'

/** A browser's program, or why there is none and what to do about it. */
export type FoundBrowser =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

type Environment = Readonly<Record<string, string | undefined>>

interface Search {
  /** The variable that names the browser's program. */
  readonly variable: string
  /** The names that its program has on the PATH. */
  readonly names: readonly string[]
  /** Where its program usually lies on systems that do not put it on the PATH. */
  readonly places: Partial<Record<NodeJS.Platform, readonly string[]>>
}

const SEARCHES: Readonly<Record<BrowserName, Search>> = {
  // Browsers made of Chromium will do.
  chromium: {
    variable: 'CHROMIUM_PATH',
    names: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
      'chrome',
      'microsoft-edge',
      'msedge',
      'chrome-headless-shell',
    ],
    places: {
      darwin: [
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
        '/Applications/Chromium.app/Contents/MacOS/Chromium',
        '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
      ],
      win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => {
        const folder = process.env[name]
        return folder === undefined
          ? []
          : [
              join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
              join(folder, 'Chromium', 'Application', 'chrome.exe'),
              join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
            ]
      }),
    },
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    names: ['firefox', 'firefox-esr'],
    places: {
      darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
      win32: [String.raw`C:\Program Files\Mozilla Firefox\firefox.exe`],
    },
  },
}

/**
 * Finds a browser of this machine: the one that CHROMIUM_PATH or FIREFOX_PATH names, else the first on the PATH or in the
 * usual places of the system.
 */
export async function findBrowser(
  name: BrowserName,
  environment: Environment = process.env,
): Promise<FoundBrowser> {
  const { variable } = SEARCHES[name]
  const named = environment[variable]
  for (const path of candidates(name, environment))
    if (await isProgram(path)) return { ok: true, path }
  return named === undefined || named === ''
    ? {
        ok: false,
        reason: `no ${name} is found on this machine`,
        hint: `install it, or set ${variable} to its program`,
      }
    : {
        ok: false,
        reason: `${variable} is ${named}, which is no program`,
        hint: `set ${variable} to ${name}'s program`,
      }
}

/** Finds a Chromium, or a browser made of it, as {@link findBrowser} does. @returns undefined when there is none */
export async function findChromium(
  environment: Environment = process.env,
): Promise<string | undefined> {
  const found = await findBrowser('chromium', environment)
  return found.ok ? found.path : undefined
}

function candidates(name: BrowserName, environment: Environment): readonly string[] {
  const { variable, names, places } = SEARCHES[name]
  const named = environment[variable]
  if (named !== undefined && named !== '') return [named]
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const onPath = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((program) => join(folder, program + suffix)))
  return [...onPath, ...(places[process.platform] ?? [])]
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    // It is not there, or not for us. Either way it cannot be run.
    return false
  }
}
