import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
  'chrome-headless-shell',
]

const USUAL_PLACES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
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
}

/**
 * A Chromium or a browser made of it: `CHROMIUM_PATH` if that is set, else the first on the PATH or in the usual places of the
 * system.
 *
 * @returns its path, or undefined when there is none
 */
export async function findChromium(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const { CHROMIUM_PATH: given, PATH = '' } = environment
  if (given !== undefined && given !== '') return (await isProgram(given)) ? given : undefined
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const onPath = PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => NAMES.map((name) => join(folder, name + suffix)))
  for (const path of [...onPath, ...(USUAL_PLACES[process.platform] ?? [])]) {
    if (await isProgram(path)) return path
  }
  return undefined
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    // Not there, or not for us: either way it cannot be run.
    return false
  }
}
