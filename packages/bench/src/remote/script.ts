// The classic script that makes a remote engine of a program with `readline` and `print`, such as a
// shell of a JavaScript engine. It answers each line with a line until an empty one, which is the
// end of the input.
import './missing-globals.js'
import { remoteBackend } from './remote-backends.js'
import { RemoteEngine } from './remote-engine.js'

/** What the program gives its scripts. */
const shell = globalThis as unknown as {
  readonly readline: () => string | null | undefined
  readonly print: (line: string) => void
}

const engine = new RemoteEngine(async (name, threads) =>
  remoteBackend(name, threads === undefined ? {} : { threads }),
)

async function serve(): Promise<void> {
  for (let line = shell.readline(); line; line = shell.readline())
    shell.print(await engine.answer(line))
}

void serve()
