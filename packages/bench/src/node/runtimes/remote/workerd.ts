import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REMOTE_BACKENDS } from '../../../remote/remote-backends.js'
import { endOfProcess, killed } from '../../process-end.js'
import { someBackends } from '../backends-of.js'
import { findRuntime, printedVersion } from '../find-runtime.js'
import type { Runtime } from '../runtime.js'
import { RemoteError } from './answers.js'
import { builtFile } from './built-files.js'
import { askOverHttp } from './http-link.js'
import { peakOf } from './line-link.js'
import type { RemoteLink } from './link.js'
import { runRemoteCell } from './remote-cell.js'

/** The module of the worker and its kernels, which the build makes. */
const BUNDLES = builtFile('remote-bundles')
const MODULE = 'worker.mjs'
const KERNELS = ['relaxed.wasm', 'simd128.wasm', 'scalar.wasm']

/** The runtime of Cloudflare Workers. */
export const workerd: Runtime = {
  description:
    'workerd, the runtime of Cloudflare Workers, which compiles no WebAssembly while it runs.',
  ...someBackends('workerd', REMOTE_BACKENDS),
  find: () =>
    findRuntime({
      name: 'workerd',
      title: 'workerd',
      variable: 'WORKERD_PATH',
      programs: ['workerd'],
    }),
  version: versionOf,
  async start(path) {
    const version = await versionOf(path)
    return {
      run: (request, signal) =>
        runRemoteCell(request, signal, (aborted) => startWorker(path, aborted), {
          name: 'workerd',
          version,
          notes: [],
        }),
      async close() {},
    }
  },
}

/** Returns the date that is its version, from `workerd 2026-11-17`. */
async function versionOf(path: string): Promise<string> {
  return (await printedVersion(path)).replace(/^workerd /, '')
}

/**
 * Starts a worker that listens at a socket in a folder of its own, which no other user can enter.
 */
async function startWorker(program: string, signal: AbortSignal): Promise<RemoteLink> {
  const folder = await mkdtemp(join(tmpdir(), 'mnist-lab-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const socket = join(folder, 'socket')
    for (const file of [MODULE, ...KERNELS]) await copyFile(join(BUNDLES, file), join(folder, file))
    const config = join(folder, 'config.capnp')
    await writeFile(config, configText(socket))
    const child = spawn(program, ['serve', config, '--control-fd=3'], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    })
    const ended = endOfProcess(child).then((reason) => {
      throw new RemoteError(reason)
    })
    // The calls that race with it report it.
    ended.catch(() => {})
    child.stdout.resume()
    const ask = askOverHttp(socket)
    const close = async () => {
      await killed(child)
      await remove()
    }
    try {
      // It says on this channel that it listens.
      await Promise.race([once(child.stdio[3]!, 'data'), ended])
    } catch (error) {
      await close()
      throw error
    }
    return { ask: (line) => Promise.race([ask(line), ended]), ...peakOf(child.pid), close }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Returns a configuration in Cap'n Proto's text format. */
function configText(socket: string): string {
  const modules = [
    `(name = "${MODULE}", esModule = embed "${MODULE}")`,
    ...KERNELS.map((file) => `(name = "${file}", wasm = embed "${file}")`),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "engine", worker = (
    modules = [${modules.join(', ')}],
    compatibilityDate = "2026-01-01",
  ))],
  sockets = [(name = "http", service = "engine", address = ${JSON.stringify(`unix:${socket}`)}, http = ())],
);
`
}
