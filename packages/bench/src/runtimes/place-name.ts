export const BROWSERS = ['chromium', 'firefox'] as const

export type BrowserName = (typeof BROWSERS)[number]

/** Where a cell runs. */
export const PLACES = ['node', ...BROWSERS] as const

export type Place = (typeof PLACES)[number]

/** A backend as the table names it: `fused`, and `fused@chromium` in a browser. */
export function placed(backend: string, place: Place): string {
  return place === 'node' ? backend : `${backend}@${place}`
}

/** What {@link placed} put together. */
export function takeApart(name: string): {
  readonly backend: string
  readonly browser?: BrowserName
} {
  const browser = BROWSERS.find((browser) => name.endsWith(`@${browser}`))
  return browser === undefined
    ? { backend: name }
    : { backend: name.slice(0, -browser.length - 1), browser }
}
