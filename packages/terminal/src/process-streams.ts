import { codeOf, fileError } from '@mnist-lab/core/node'

/** Anything that text can be written to: a terminal, a pipe or a file. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** The part of `process.stdout` and `process.stderr` that is needed here. */
export interface ProcessStream extends Output {
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Both streams of a process, and what became of them. */
export interface ProcessStreams {
  readonly out: Output
  readonly err: Output
  /** Writes a message on `err`, or on `out` where `err` takes nothing. */
  readonly say: (line: string) => void
  /** Returns whether a stream has refused text that somebody may have waited for. */
  readonly refused: () => boolean
}

/** Options of {@link processStreams}. */
export interface ProcessStreamsOptions {
  /** Whether messages may be written on `out`. They would spoil results that a program reads. */
  readonly messagesOnOut: boolean
  /** Is called when a stream refuses text for the first time. This may be after the work. */
  readonly onRefused: () => void
}

/**
 * Returns the streams of a process so that they never end its work. What a stream can no longer
 * take is dropped: the disk is full, or the reader has gone away.
 *
 * A reader that has gone away (EPIPE), as in `mnist summary lenet5 | head -3`, has read what it
 * wanted. Any other error is told once, on the other stream.
 */
export function processStreams(
  stdout: ProcessStream,
  stderr: ProcessStream,
  { messagesOnOut, onRefused }: ProcessStreamsOptions,
): ProcessStreams {
  let refused = false
  const said: string[] = []
  const refuse = () => {
    refused = true
    onRefused()
  }
  const out = new GuardedOutput(stdout, (cause) => {
    refuse()
    err.write(`${refusal('stdout', cause)}\n`)
  })
  const err = new GuardedOutput(stderr, (cause) => {
    refuse()
    // The stream reports an error after the program has gone on, so that messages may be lost.
    for (const line of [refusal('stderr', cause), ...said])
      if (messagesOnOut) out.write(`${line}\n`)
  })
  return {
    out,
    err,
    say(line) {
      said.push(line)
      if (!err.lost) err.write(`${line}\n`)
      else if (messagesOnOut) out.write(`${line}\n`)
    },
    refused: () => refused,
  }
}

/** An output that takes text until its stream fails, and drops the text from then on. */
class GuardedOutput implements Output {
  lost = false
  readonly #stream: ProcessStream
  readonly #onRefused: (cause: unknown) => void

  /** @param onRefused receives the first error that is not a reader that went away */
  constructor(stream: ProcessStream, onRefused: (cause: unknown) => void) {
    this.#stream = stream
    this.#onRefused = onRefused
    stream.on('error', (cause) => this.#lose(cause))
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number {
    return this.#stream.columns ?? 0
  }

  write(text: string): void {
    if (this.lost) return
    try {
      this.#stream.write(text)
    } catch (cause) {
      // Deno throws what Node.js and Bun report as an event.
      this.#lose(cause)
    }
  }

  #lose(cause: unknown): void {
    if (this.lost) return
    this.lost = true
    if (codeOf(cause) !== 'EPIPE') this.#onRefused(cause)
  }
}

function refusal(name: string, cause: unknown): string {
  const { what } = fileError(name, cause).details
  return `${name}: ${what}; the rest of this output is lost, and all other work goes on`
}
