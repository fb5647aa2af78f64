import { backendByName } from '@mnist-lab/backends/node'
import { UsageError } from '@mnist-lab/terminal'
import { ourCommand, type PeerCommand, torchCommand, TORCH_PEERS } from './command.js'

/** PyTorch: as it is, with `channels_last` memory, and through `torch.compile`. */
export const TORCH_ENGINES: readonly string[] = Object.values(TORCH_PEERS)

/** The first is what the others are compared with. */
export const DEFAULT_SETUPS: readonly string[] = ['fused', ...TORCH_ENGINES].flatMap((engine) => [
  `${engine}:1`,
  `${engine}:2`,
])

/** One line of the table: an engine and its threads. */
export interface Setup {
  /** `fused:2` */
  readonly name: string
  readonly engine: string
  readonly threads: number
}

/**
 * @param text `engine` or `engine:threads`, one thread by default
 * @throws InputError when the engine is unknown or the threads are no such number
 */
export function parseSetup(text: string): Setup {
  const [engine = '', threads = '1', ...rest] = text.split(':')
  if (!/^[1-9]\d{0,2}$/.test(threads) || rest.length > 0) {
    throw new UsageError({
      where: `set-up ${text}`,
      expected: 'an engine, or engine:threads',
      got: JSON.stringify(text),
      hint: 'see bench:peers --help',
    })
  }
  if (!isTorch(engine)) backendByName(engine)
  return { name: `${engine}:${threads}`, engine, threads: Number(threads) }
}

/** @param python that has torch */
export function commandOf({ name, engine }: Setup, python: string | undefined): PeerCommand {
  return isTorch(engine)
    ? torchCommand(name, engine, python ?? 'python3')
    : ourCommand(name, engine)
}

export function isTorch(engine: string): boolean {
  return TORCH_ENGINES.includes(engine)
}
