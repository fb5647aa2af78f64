import { dirname, join } from 'node:path'
import { parseForeignJson, printable } from '@mnist-lab/core'
import { readIfThere } from '@mnist-lab/core/node'
import { remoteBackend } from '../../../remote/remote-backends.js'
import type { Runtime } from '../runtime.js'
import { builtFile } from './built-files.js'
import { findProgram } from './find-program.js'
import { startLineProgram } from './line-link.js'
import { runRemoteCell } from './remote-cell.js'

const BACKENDS = ['cpu']

const SHELL = builtFile('node/runtimes/remote/quickjs-shell.js')

/** QuickJS, an interpreter for small devices. */
export const quickjs: Runtime = {
  description: 'QuickJS, an interpreter for small devices, which has no WebAssembly.',
  backendNames: BACKENDS,
  createBackend: (name) => remoteBackend(name, BACKENDS),
  find: () =>
    findProgram({
      variable: 'QUICKJS_PATH',
      installed: ['quickjs', 'node_modules', 'quickjs-emscripten', 'dist', 'index.mjs'],
      hint: 'pnpm setup:runtimes quickjs, or set QUICKJS_PATH to index.mjs of the package quickjs-emscripten',
    }),
  async start(path) {
    const version = await packageVersion(join(dirname(path), '..', 'package.json'))
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

/** The largest package.json that is read. */
const MAX_PACKAGE_BYTES = 2 ** 20

/** Returns the version of the package, because QuickJS does not tell its own. */
async function packageVersion(file: string): Promise<string> {
  const bytes = await readIfThere(file, MAX_PACKAGE_BYTES)
  if (bytes === undefined) return 'unknown'
  const { version } = parseForeignJson(bytes, { maxSize: MAX_PACKAGE_BYTES }) as {
    readonly version?: unknown
  }
  return `of quickjs-emscripten ${printable(String(version), 100)}`
}
