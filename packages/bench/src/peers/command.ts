import { fileURLToPath } from 'node:url'
import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { UsageError } from '@mnist-lab/terminal'

/** A peer: a program that speaks the protocol of docs/peers.md. */
export interface PeerCommand {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

const PEERS = new URL('../../peers/', import.meta.url)
const script = (name: string) => fileURLToPath(new URL(name, PEERS))

/** PyTorch's set-ups by the names that `--peer` knows, and what peer.py calls them. */
export const TORCH_PEERS: Readonly<Record<string, string>> = {
  pytorch: 'torch',
  'pytorch-nhwc': 'torch-nhwc',
  'pytorch-compile': 'torch-compile',
}

/** What `--peer` knows without a command. */
export const PEER_NAMES: readonly string[] = [...Object.keys(TORCH_PEERS), 'tfjs-stock']

export function torchCommand(name: string, engine: string, python: string): PeerCommand {
  return { name, program: python, args: [script('peer.py'), engine] }
}

/** A backend of ours as a peer, for turns. */
export function ourCommand(name: string, engine: string): PeerCommand {
  return {
    name,
    program: process.execPath,
    args: [fileURLToPath(new URL('./our-peer.js', import.meta.url)), engine],
  }
}

/**
 * @param texts what was typed, flag by flag: names separated by commas, or `name=command` with its arguments
 * @param python that has torch
 * @throws UsageError for an unknown name, one that is there twice or is a backend's, or an empty command
 */
export function parsePeers(texts: readonly string[], python: string): PeerCommand[] {
  const peers = texts.flatMap((text) =>
    text.includes('=')
      ? [customPeer(text)]
      : text
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
          .map((name) => knownPeer(name, python)),
  )
  for (const [at, { name }] of peers.entries()) {
    if (peers.findIndex((other) => other.name === name) !== at)
      throw new UsageError({
        where: '--peer',
        what: `${name} is there twice`,
        hint: 'name each peer once',
      })
    if (BACKEND_NAMES.includes(name))
      throw new UsageError({
        where: '--peer',
        what: `${name} is the name of a backend`,
        hint: 'give the peer another name',
      })
  }
  return peers
}

function knownPeer(name: string, python: string): PeerCommand {
  const engine = TORCH_PEERS[name]
  if (engine !== undefined) return torchCommand(name, engine, python)
  if (name === 'tfjs-stock')
    return { name, program: process.execPath, args: ['--expose-gc', script('tfjs.mjs')] }
  throw new UsageError({
    where: `peer ${name}`,
    what: 'unknown',
    expected: `one of ${PEER_NAMES.join(', ')}, or name=command`,
    hint: 'see docs/peers.md',
  })
}

function customPeer(text: string): PeerCommand {
  const at = text.indexOf('=')
  const name = text.slice(0, at).trim()
  const [program, ...args] = text
    .slice(at + 1)
    .split(/\s+/)
    .filter((part) => part !== '')
  if (name === '' || program === undefined) {
    throw new UsageError({
      where: '--peer',
      expected: 'name=command',
      got: JSON.stringify(text),
      hint: 'see docs/peers.md',
    })
  }
  return { name, program, args }
}
