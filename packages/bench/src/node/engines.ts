import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { UsageError } from '@mnist-lab/terminal'
import {
  backendInRuntime,
  DEFAULT_RUNTIME,
  type EngineName,
  parseEngineName,
} from '../protocol/engine-name.js'
import type { BenchPlan, PeerCommand } from '../protocol/plan.js'
import type { BenchMode } from '../results/result-schema.js'
import { customPeer, knownPeer, PEER_NAMES } from './peers/commands.js'
import {
  backendErrorIn,
  backendNamesIn,
  defaultBackendIn,
  knownRuntime,
  RUNTIME_NAMES,
  runtimeOf,
} from './runtimes/table.js'

/** The default engines of a bench in turns: fused and PyTorch's, with one thread and with two. */
export const TURNS_ENGINES: readonly string[] = [
  'fused',
  'torch',
  'torch-nhwc',
  'torch-compile',
].flatMap((engine) => [`${engine}:1`, `${engine}:2`])

/** The user's choice of engines. */
export interface AskedEngines {
  readonly mode: BenchMode
  /**
   * Names of engines; `all`: the backends that each runtime can have; `default`: one backend for
   * each runtime.
   */
  readonly backends: readonly string[] | 'all' | 'default'
  /** Whether the user named the backends, which is an error when they are not available. */
  readonly byName: boolean
  /**
   * The runtimes for backends whose names have none, in the order of the table of results. `all`
   * stands for those that are not named.
   */
  readonly runtimes: readonly string[]
  /** Peers: names of engines separated by commas, or `name=command`. */
  readonly peers: readonly string[]
  /** The threads of engines whose names have none. */
  readonly threads: readonly (number | undefined)[]
  /** The Python that has torch. */
  readonly python: string
}

/**
 * Resolves the names of engines: the backends of each runtime in turn, then the peers.
 *
 * @throws InputError for an unknown backend, peer or runtime, and for an engine that is named twice
 */
export function resolveEngines(asked: AskedEngines): EnginesOfPlan {
  const namedRuntimes = asked.runtimes.filter((name) => name !== ALL)
  for (const name of namedRuntimes) knownRuntime(name, '--in')
  const runtimes = asked.runtimes.includes(ALL)
    ? [...new Set([...RUNTIME_NAMES, ...namedRuntimes])]
    : namedRuntimes
  const found = new Found(asked.python)
  if (typeof asked.backends === 'string') {
    for (const runtime of runtimes) {
      const names = asked.backends === 'all' ? backendNamesIn(runtime) : [defaultBackendIn(runtime)]
      for (const name of names) found.add(backendInRuntime(name, runtime), false)
    }
  } else {
    addBackends(asked.backends, { runtimes, namedRuntimes }, found)
  }
  const unnamed = asked.byName ? [] : [...found.named]
  for (const text of asked.peers) {
    if (text.includes('=')) {
      found.addPeer(customPeer(text))
      continue
    }
    for (const name of text.split(',').map((part) => part.trim()))
      if (name !== '') addKnownPeer(name, found)
  }
  if (found.engines.length === 0) {
    throw new UsageError({
      where: '--backend none',
      what: 'there is nothing to measure',
      hint: 'name a peer, or a backend',
    })
  }
  const threads = asked.mode === 'turns' ? asked.threads.map((n) => n ?? 1) : asked.threads
  const expand = (engines: readonly string[]) =>
    asked.mode === 'turns' ? inTurns(engines, threads) : [...engines]
  const engines = expand(found.engines)
  refuseTwice(engines, threads)
  const slow = engines
    .map((engine) => parseEngineName(engine)?.runtime ?? DEFAULT_RUNTIME)
    .filter((runtime) => runtimeOf(runtime)?.slow === true)
  const others = namedRuntimes.filter((runtime) => runtime !== DEFAULT_RUNTIME)
  return {
    engines,
    peers: found.peers,
    named: expand(found.named.filter((name) => !unnamed.includes(name))),
    threads,
    ...(others.length === 0 ? {} : { namedRuntimes: others }),
    ...(slow.length === 0 ? {} : { slowRuntimes: [...new Set(slow)] }),
  }
}

/** The name that stands for all runtimes. */
const ALL = 'all'

type EnginesOfPlan = Pick<
  BenchPlan,
  'engines' | 'peers' | 'named' | 'threads' | 'namedRuntimes' | 'slowRuntimes'
>

/** Collects engines, and the commands of those that are peers. */
class Found {
  readonly engines: string[] = []
  /** The engines that the user has named, with their runtimes. */
  readonly named: string[] = []
  readonly peers: PeerCommand[] = []
  readonly python: string

  constructor(python: string) {
    this.python = python
  }

  add(engine: string, named = true): void {
    this.engines.push(engine)
    if (named) this.named.push(engine)
  }

  addPeer(peer: PeerCommand, threads?: number): void {
    if (BACKEND_NAMES.includes(peer.name))
      throw new UsageError({
        where: '--peer',
        what: `${peer.name} is the name of a backend`,
        hint: 'give the peer another name',
      })
    this.add(threads === undefined ? peer.name : `${peer.name}:${threads}`)
    if (!this.peers.some(({ name }) => name === peer.name)) this.peers.push(peer)
  }
}

function addBackends(
  names: readonly string[],
  { runtimes, namedRuntimes }: Readonly<Record<'runtimes' | 'namedRuntimes', readonly string[]>>,
  found: Found,
): void {
  const parsed = names.map((name) => ({ name, parts: partsOf(name) }))
  const known = new Set<string>()
  for (const [at, runtime] of runtimes.entries()) {
    for (const { name, parts } of parsed) {
      const peer = knownPeer(parts.backend, found.python)
      if (peer !== undefined || name.includes('@')) {
        // Engines that `--in` does not concern are measured once.
        if (at > 0) continue
        if (peer === undefined) found.add(inItsRuntime(name, parts))
        else found.addPeer(peer, threadsOfPeer(name, parts))
        known.add(name)
      } else if (backendErrorIn(runtime, parts.backend) === undefined) {
        found.add(
          backendInRuntime(name, runtime),
          runtime === DEFAULT_RUNTIME || namedRuntimes.includes(runtime),
        )
        known.add(name)
      }
    }
  }
  const unknown = parsed.find(({ name }) => !known.has(name))
  if (unknown !== undefined) throw backendErrorIn(runtimes[0]!, unknown.parts.backend)!
}

function addKnownPeer(name: string, found: Found): void {
  const parts = partsOf(name)
  const peer = knownPeer(parts.backend, found.python)
  if (peer === undefined) {
    throw new UsageError({
      where: `peer ${parts.backend}`,
      what: 'unknown',
      expected: `one of ${PEER_NAMES.join(', ')}, or name=command`,
      hint: 'see docs/peers.md',
    })
  }
  found.addPeer(peer, threadsOfPeer(name, parts))
}

function partsOf(name: string): EngineName {
  const parts = parseEngineName(name)
  if (parts !== undefined) return parts
  throw new UsageError({
    where: `engine ${name}`,
    expected: 'engine, engine:threads, engine@runtime or engine:threads@runtime',
    got: JSON.stringify(name),
    hint: 'see bench --help',
  })
}

function inItsRuntime(name: string, { backend, runtime, threads }: EngineName): string {
  const error = backendErrorIn(knownRuntime(runtime, `engine ${name}`), backend)
  if (error !== undefined) throw error
  return backendInRuntime(threads === undefined ? backend : `${backend}:${threads}`, runtime)
}

function threadsOfPeer(name: string, { runtime, threads }: EngineName): number | undefined {
  if (runtime === DEFAULT_RUNTIME) return threads
  throw new UsageError({
    where: `engine ${name}`,
    what: 'a peer is a separate program and cannot run in a JavaScript runtime',
    hint: `leave out @${runtime}`,
  })
}

/** In turns every engine has a number of threads in its name. */
function inTurns(engines: readonly string[], threads: readonly (number | undefined)[]): string[] {
  return engines.flatMap((engine) => {
    const parts = partsOf(engine)
    if (parts.runtime !== DEFAULT_RUNTIME)
      throw new UsageError({
        where: `engine ${engine}`,
        what: 'only processes of Node.js and peers can take turns',
        hint: 'leave out --turns, or name engines without a runtime',
      })
    return parts.threads === undefined ? threads.map((n) => `${engine}:${n}`) : [engine]
  })
}

function refuseTwice(engines: readonly string[], threads: readonly (number | undefined)[]): void {
  const cells = engines.flatMap((engine) => {
    const parts = parseEngineName(engine)
    if (parts === undefined) return [engine]
    const own = parts.threads === undefined ? threads : [parts.threads]
    return own.map((n) => `${parts.backend}${n === undefined ? '' : `:${n}`}@${parts.runtime}`)
  })
  const twice = cells.findIndex((cell, at) => cells.indexOf(cell) !== at)
  if (twice < 0) return
  throw new UsageError({
    where: 'engines',
    what: `${cells[twice]!.replace(`@${DEFAULT_RUNTIME}`, '')} is there twice`,
    hint: 'name each engine once',
  })
}
