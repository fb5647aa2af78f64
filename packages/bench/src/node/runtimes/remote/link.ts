/** A connection to a remote engine, which answers each line with a line. */
export interface RemoteLink {
  /**
   * Sends a line and returns the line that answers it. One call must end before the next.
   *
   * @throws Error when the program has ended, is silent too long or breaks the rules
   */
  readonly ask: (line: string) => Promise<string>
  /** The largest resident set of the program so far, where the system tells it. */
  readonly peakRssBytes?: () => number
  /** Ends the program and removes what it needed. */
  readonly close: () => Promise<void>
}

/** Starts a program with a remote engine. An abort of the signal ends it at once. */
export type Connect = (signal: AbortSignal) => Promise<RemoteLink>

/** The longest answer of a remote engine, in bytes: the state of a large model. */
export const MAX_REMOTE_ANSWER = 256 * 2 ** 20
