import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { BrowserName } from '../place-name.js'

interface Known {
  /** Names the program, wherever it is. */
  readonly variable: string
  /** Looked for on the PATH. */
  readonly programs: readonly string[]
  /** Where installers put it that change no PATH. */
  readonly places: readonly string[]
}

const KNOWN: Readonly<Record<BrowserName, Known>> = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
      String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`, String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
    ],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    programs: ['firefox', 'firefox-esr'],
    places: ['/Applications/Firefox.app/Contents/MacOS/firefox', String.raw`C:\Program Files\Mozilla Firefox\firefox.exe`],
  },
}

export type FoundBrowser =
  | { readonly ok: true, readonly path: string }
  | { readonly ok: false, readonly reason: string, readonly remedy: string }

/** The system's browser: the one that CHROMIUM_PATH or FIREFOX_PATH names, or that is on the PATH. */
export async function findBrowser(name: BrowserName, environment: Readonly<Record<string, string | undefined>> = process.env): Promise<FoundBrowser> {
  const { variable, programs, places } = KNOWN[name]
  const named = environment[variable]
  if (named !== undefined && named !== '') {
    return await isProgram(named) ? { ok: true, path: named }
      : { ok: false, reason: `${variable} is ${named}, which is no program`, remedy: `set ${variable} to ${name}'s program` }
  }
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const suffix = process.platform === 'win32' ? '.exe' : ''
  for (const path of [...programs.flatMap((program) => folders.map((folder) => join(folder, program + suffix))), ...places]) {
    if (await isProgram(path)) return { ok: true, path }
  }
  return { ok: false, reason: `no ${name} is found on this machine`, remedy: `install it, or set ${variable} to its program` }
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false)
}
