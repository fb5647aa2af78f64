/** The runtime of an engine whose name has no `@`. */
export const DEFAULT_RUNTIME = 'node'

/**
 * The parts of an engine's name: `fused:2@chromium` is the backend fused on 2 threads in Chromium.
 */
export interface EngineName {
  /** The name of a backend or of a peer. */
  readonly backend: string
  /** The number of threads to ask for; absent if the engine chooses. */
  readonly threads?: number
  /** The JavaScript runtime that the engine runs in: `chromium`, or `node=/path/to/node`. */
  readonly runtime: string
}

/**
 * Parses an engine's name: `engine`, `engine:threads`, `engine@runtime` or
 * `engine:threads@runtime`.
 *
 * @returns undefined when the text has another form
 */
export function parseEngineName(text: string): EngineName | undefined {
  const [, backend, threads, runtime = DEFAULT_RUNTIME] =
    /^([^:@\s]+)(?::([1-9]\d{0,3}))?(?:@(node=[^\n]+|[^:@\s]+))?$/.exec(text) ?? []
  if (backend === undefined) return undefined
  return { backend, runtime, ...(threads === undefined ? {} : { threads: Number(threads) }) }
}

/**
 * Returns the value of a cell's `backend` field: `fused` in Node.js, and `fused@chromium` in
 * Chromium.
 */
export function backendInRuntime(backend: string, runtime: string): string {
  return runtime === DEFAULT_RUNTIME ? backend : `${backend}@${runtime}`
}

/** Splits a cell's `backend` field into its parts, as the reverse of {@link backendInRuntime}. */
export function splitRuntime(name: string): { readonly backend: string; readonly runtime: string } {
  // A path behind `node=` may have an @ too.
  const at = name.indexOf('@')
  return at < 0
    ? { backend: name, runtime: DEFAULT_RUNTIME }
    : { backend: name.slice(0, at), runtime: name.slice(at + 1) }
}

/** Returns the full name of a cell's engine, as the command line takes it: `fused:2@chromium`. */
export function engineText({
  backend: name,
  askedThreads,
}: {
  readonly backend: string
  readonly askedThreads?: number | undefined
}): string {
  if (askedThreads === undefined) return name
  const { backend, runtime } = splitRuntime(name)
  return backendInRuntime(`${backend}:${askedThreads}`, runtime)
}
