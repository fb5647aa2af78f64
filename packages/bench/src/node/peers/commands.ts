import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { UsageError } from '@mnist-lab/terminal'
import type { PeerCommand } from '../../protocol/plan.js'

const PEERS = new URL('../../../peers/', import.meta.url)
const script = (name: string) => fileURLToPath(new URL(name, PEERS))

/** PyTorch in its eager mode, with `channels_last` memory, and through `torch.compile`. */
const TORCH: readonly string[] = ['torch', 'torch-nhwc', 'torch-compile']
/** TensorFlow.js as its users write it, with its own kernels. */
const TFJS = 'tfjs-stock'

/** The peers that can be named without a command. */
export const PEER_NAMES: readonly string[] = [...TORCH, TFJS]

/** The earlier names of PyTorch's peers. */
const ALIASES: Readonly<Record<string, string>> = {
  pytorch: 'torch',
  'pytorch-nhwc': 'torch-nhwc',
  'pytorch-compile': 'torch-compile',
}

/** Returns the command of a peer that can be named without one, or undefined for another name. */
export function knownPeer(name: string, python: string): PeerCommand | undefined {
  const peer = ALIASES[name] ?? name
  if (TORCH.includes(peer))
    return { name: peer, executable: python, args: [script('peer.py'), peer] }
  return peer === TFJS
    ? { name: peer, executable: process.execPath, args: ['--expose-gc', script('tfjs.mjs')] }
    : undefined
}

/**
 * Returns the command of a peer that the user has written.
 *
 * @param text `name=command`, with the command's arguments separated by spaces
 * @throws UsageError for an empty command, or a name that cannot be an engine's or is another
 * peer's
 */
export function customPeer(text: string): PeerCommand {
  const at = text.indexOf('=')
  const name = text.slice(0, at).trim()
  const [executable, ...args] = text
    .slice(at + 1)
    .split(/\s+/)
    .filter((part) => part !== '')
  if (!/^[^:@\s]+$/.test(name) || executable === undefined) {
    throw new UsageError({
      where: '--peer',
      expected: 'name=command, with a name that has no :, @ or space',
      got: JSON.stringify(text),
      hint: 'see docs/peers.md',
    })
  }
  if (knownPeer(name, '') !== undefined) {
    throw new UsageError({
      where: '--peer',
      what: `${name} is the name of another peer`,
      hint: 'give the peer another name',
    })
  }
  return { name, executable, args }
}

/** Returns the command that starts a backend as a peer, so that it can take turns with others. */
export function backendCommand(backend: string): PeerCommand {
  const file = fileURLToPath(new URL('./backend-peer.js', import.meta.url))
  return { name: backend, executable: process.execPath, args: [file, backend] }
}

/** Returns whether a peer needs a Python with PyTorch. */
export function needsTorch({ name, args }: PeerCommand): boolean {
  return TORCH.includes(name) && args[0] === script('peer.py')
}

/** Says how to get PyTorch, for the line that reports that it is missing. */
export const TORCH_HINT =
  'to get PyTorch: python3 -m venv .torch && .torch/bin/pip install torch, then name that Python with --python=.torch/bin/python'

/** The names of Python on the PATH. */
const PYTHONS = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']

/**
 * Finds a Python that imports torch.
 *
 * @param named the only Python that is tried, if it is given
 * @returns undefined when there is none
 */
export async function findTorch(
  named: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const python of named === undefined ? PYTHONS : [named]) {
    if (await importsTorch(python, signal)) return python
  }
  return undefined
}

async function importsTorch(python: string, signal: AbortSignal): Promise<boolean> {
  try {
    await promisify(execFile)(python, ['-c', 'import torch'], { signal })
    return true
  } catch {
    signal.throwIfAborted()
    // There is no such program, or it has no torch. Both mean no.
    return false
  }
}
