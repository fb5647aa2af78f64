import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { remoteBackend } from '../../../remote/remote-backends.js'
import type { Runtime } from '../runtime.js'
import { findProgram } from './find-program.js'
import { startLineProgram } from './line-link.js'
import { runRemoteCell } from './remote-cell.js'
import { REMOTE_SCRIPT } from './built-files.js'

const BACKENDS = ['fused', 'cpu']

/** The shell of JavaScriptCore, which is the JavaScript engine of Safari. */
export const jsc: Runtime = {
  description: 'JavaScriptCore, the JavaScript engine of Safari, in its shell.',
  backendNames: BACKENDS,
  createBackend: (name) => remoteBackend(name, BACKENDS),
  find: () =>
    findProgram({
      variable: 'JSC_PATH',
      programs: ['jsc'],
      hint: 'install Debian’s package libjavascriptcoregtk-4.1-bin, or set JSC_PATH to the program',
    }),
  async start(path) {
    const version = await packageVersion()
    return {
      run: (request, signal) =>
        runRemoteCell(
          request,
          signal,
          (aborted) => startLineProgram({ program: path, args: [REMOTE_SCRIPT] }, aborted),
          { name: 'JavaScriptCore', version, notes: [] },
        ),
      async close() {},
    }
  },
}

/** Returns the version of Debian's package, because the program does not tell its own. */
async function packageVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('dpkg-query', [
    '--showformat=${Version}\n',
    '--show',
    'libjavascriptcoregtk-4.?-bin',
  ]).catch(() => ({ stdout: '' }))
  return stdout.split('\n')[0] || 'unknown'
}
