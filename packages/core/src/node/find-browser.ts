import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** A browser that the programs can start. */
export type BrowserName = 'chromium' | 'firefox'

/** A browser's program, or why there is none and what to do about it. */
export type FoundBrowser =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

type Environment = Readonly<Record<string, string | undefined>>

/** Where to look for a browser. */
interface Browser {
  /** The environment variable that names the program, before anything else is tried. */
  readonly variable: string
  /** Names of the program on the PATH, without `.exe`, the preferred one first. */
  readonly programs: readonly string[]
  /** Paths where installers of macOS put it. */
  readonly darwin: readonly string[]
  /** Paths inside Windows' folders for programs. */
  readonly win32: readonly (readonly string[])[]
}

const BROWSERS: Readonly<Record<BrowserName, Browser>> = {
  // Chrome and Edge are built from Chromium and work as well.
  chromium: {
    variable: 'CHROMIUM_PATH',
    programs: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
      'chrome',
      'microsoft-edge',
      'msedge',
      'chrome-headless-shell',
    ],
    darwin: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ],
    win32: [
      ['Google', 'Chrome', 'Application', 'chrome.exe'],
      ['Chromium', 'Application', 'chrome.exe'],
      ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
    ],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    programs: ['firefox', 'firefox-esr'],
    darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
    win32: [['Mozilla Firefox', 'firefox.exe']],
  },
}

/**
 * Finds a browser that is installed on this machine. `CHROMIUM_PATH` or `FIREFOX_PATH` names it. If
 * the variable is not set, the folders on the PATH are searched, and then the folders that
 * installers use. Without WebAssembly no browser can be started.
 */
export async function findBrowser(
  name: BrowserName,
  environment: Environment = process.env,
): Promise<FoundBrowser> {
  if (!('WebAssembly' in globalThis))
    return {
      ok: false,
      reason: 'Playwright, which starts browsers, needs WebAssembly, and this Node.js has none',
      hint: 'start Node.js without --jitless',
    }
  const { variable } = BROWSERS[name]
  const given = environment[variable]
  if (given !== undefined && given !== '') {
    if (await isProgram(given)) return { ok: true, path: given }
    return {
      ok: false,
      reason: `${variable} is ${given}, which is not a program`,
      hint: `set ${variable} to the path of ${name}`,
    }
  }
  for (const path of candidates(BROWSERS[name], environment))
    if (await isProgram(path)) return { ok: true, path }
  return {
    ok: false,
    reason: `${name} was not found on this machine`,
    hint: `install it, or set ${variable} to its path`,
  }
}

/** Returns every path at which the browser may be, the preferred one first. */
function candidates(browser: Browser, environment: Environment): string[] {
  const windows = process.platform === 'win32'
  const onPath = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) =>
      browser.programs.map((program) => join(folder, windows ? `${program}.exe` : program)),
    )
  if (process.platform === 'darwin') return [...onPath, ...browser.darwin]
  if (!windows) return onPath
  const folders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap(
    (variable) => environment[variable] ?? [],
  )
  return [
    ...onPath,
    ...folders.flatMap((folder) => browser.win32.map((parts) => join(folder, ...parts))),
  ]
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    // The file is missing or may not be run. In both cases it is not a browser.
    return false
  }
}
