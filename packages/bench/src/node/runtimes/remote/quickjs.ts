import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseForeignJson, printable } from '@mnist-lab/core'
import { readIfThere } from '@mnist-lab/core/node'
import { someBackends } from '../backends-of.js'
import { howToInstall } from '../find-runtime.js'
import { installedProgram } from '../packages.js'
import type { FoundRuntime, Runtime } from '../runtime.js'
import { builtFile } from './built-files.js'
import { startLineProgram } from './line-link.js'
import { runRemoteCell } from './remote-cell.js'

const SHELL = builtFile('node/runtimes/remote/quickjs-shell.js')

/** QuickJS, an interpreter for small devices. */
export const quickjs: Runtime = {
  description: 'QuickJS, an interpreter for small devices, which has no WebAssembly.',
  ...someBackends('quickjs', ['fused-js', 'cpu']),
  slow: true,
  find: findModule,
  version: packageVersion,
  async start(path) {
    const version = await packageVersion(path)
    return {
      run: (request, signal) =>
        runRemoteCell(
          request,
          signal,
          (aborted) =>
            startLineProgram({ program: process.execPath, args: [SHELL, path] }, aborted),
          {
            name: 'QuickJS',
            version,
            notes: ['it runs as WebAssembly in Node.js, so the peak memory includes Node.js'],
          },
        ),
      async close() {},
    }
  },
}

/** Finds the module of the package quickjs-emscripten, which no PATH has. */
async function findModule(): Promise<FoundRuntime> {
  const given = process.env[VARIABLE]
  const path = given === undefined || given === '' ? installedProgram('quickjs') : given
  try {
    await access(path!)
    return { ok: true, path: path! }
  } catch {
    return {
      ok: false,
      reason: 'the package quickjs-emscripten was not found on this machine',
      hint: `${howToInstall('quickjs')}, or set ${VARIABLE} to the path of its dist/index.mjs`,
    }
  }
}

/** Names the module. */
const VARIABLE = 'QUICKJS_PATH'

/** The largest package.json that is read. */
const MAX_PACKAGE_BYTES = 2 ** 20

/** Returns the version of the package, because QuickJS does not tell its own. */
async function packageVersion(path: string): Promise<string> {
  const file = join(dirname(path), '..', 'package.json')
  const bytes = await readIfThere(file, MAX_PACKAGE_BYTES)
  if (bytes === undefined) return 'unknown'
  const { version } = parseForeignJson(bytes, { maxSize: MAX_PACKAGE_BYTES }) as {
    readonly version?: unknown
  }
  return `of quickjs-emscripten ${printable(String(version), 100)}`
}
