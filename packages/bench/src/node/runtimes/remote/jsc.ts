import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { someBackends } from '../backends-of.js'
import { findRuntime } from '../find-runtime.js'
import type { Runtime } from '../runtime.js'
import { startLineProgram } from './line-link.js'
import { REMOTE_BACKENDS } from '../../../remote/remote-backends.js'
import { runRemoteCell } from './remote-cell.js'
import { REMOTE_SCRIPT } from './built-files.js'

/** The paths of the shell on systems that put it beside its library. */
const LIBRARY_FOLDERS = ['4.1', '4.0'].flatMap((version) =>
  ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-${version}/jsc`),
)

/** The shell of JavaScriptCore, which is the JavaScript engine of Safari. */
export const jsc: Runtime = {
  description: 'JavaScriptCore, the JavaScript engine of Safari, in its shell.',
  ...someBackends('jsc', REMOTE_BACKENDS),
  find: () =>
    findRuntime({
      name: 'jsc',
      title: 'the shell of JavaScriptCore',
      variable: 'JSC_PATH',
      programs: ['jsc'],
      last: LIBRARY_FOLDERS,
    }),
  version: packageVersion,
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
