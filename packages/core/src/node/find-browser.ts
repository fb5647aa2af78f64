import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { findChromium } from './find-chromium.js'
/** A browser that programs of ours can start. */
export type BrowserName = 'chromium' | 'firefox'

export type FoundBrowser =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

type Environment = Readonly<Record<string, string | undefined>>

const FINDERS: Readonly<
  Record<
    BrowserName,
    {
      readonly variable: string
      readonly find: (environment: Environment) => Promise<string | undefined>
    }
  >
> = {
  chromium: { variable: 'CHROMIUM_PATH', find: findChromium },
  firefox: { variable: 'FIREFOX_PATH', find: findFirefox },
}

/** The system's browser: the one that CHROMIUM_PATH or FIREFOX_PATH names, or that is on the PATH or in the usual places. */
export async function findBrowser(
  name: BrowserName,
  environment: Environment = process.env,
): Promise<FoundBrowser> {
  const { variable, find } = FINDERS[name]
  const path = await find(environment)
  if (path !== undefined) return { ok: true, path }
  const named = environment[variable]
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

async function findFirefox({
  FIREFOX_PATH: named,
  PATH = '',
}: Environment): Promise<string | undefined> {
  const onPath = PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) =>
      ['firefox', 'firefox-esr', 'firefox.exe'].map((name) => join(folder, name)),
    )
  const usual = [
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    String.raw`C:\Program Files\Mozilla Firefox\firefox.exe`,
  ]
  for (const path of named === undefined || named === '' ? [...onPath, ...usual] : [named]) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return undefined
}
