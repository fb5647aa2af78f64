/** What is needed of a terminal, a pipe or a file. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Where a program writes, and how it is told to stop. */
export interface Terminal {
  /** Results. */
  readonly out: Output
  /** Progress, notes and errors. */
  readonly err: Output
  /** Aborts at Ctrl-C, or when the system asks the program to end. */
  readonly signal: AbortSignal
}
