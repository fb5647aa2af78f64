import { join } from 'node:path'
import { type Environment, findProgram, type FoundProgram } from './find-program.js'

/** A browser that the programs can start. */
export type BrowserName = 'chromium' | 'firefox'

/** A browser's program, or why there is none and what to do about it. */
export type FoundBrowser = FoundProgram

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
  const { variable, programs } = BROWSERS[name]
  return findProgram(
    {
      title: name,
      variable,
      programs,
      last: installed(BROWSERS[name], environment),
      install: 'install it',
    },
    environment,
  )
}

/** Returns the paths at which installers put the browser. */
function installed({ darwin, win32 }: Browser, environment: Environment): readonly string[] {
  if (process.platform === 'darwin') return darwin
  if (process.platform !== 'win32') return []
  return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
    .flatMap((variable) => environment[variable] ?? [])
    .flatMap((folder) => win32.map((parts) => join(folder, ...parts)))
}
