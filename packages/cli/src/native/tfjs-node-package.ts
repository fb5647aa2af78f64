import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CORE_SYMBOL, TFJS_NODE_VERSION } from '@mnist-lab/backends/node'
import { UsageError } from '@mnist-lab/terminal'
import { runCommand } from './run-command.js'
import type { Stage } from './stage.js'

/**
 * The checksum that the npm registry states for this version. A published version never changes.
 */
const INTEGRITY =
  'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w=='

/** The folder of the package within a stage. */
export const KERNELS = 'tfjs-node'

/**
 * Fetches the npm package of tfjs-node into the stage's folder {@link KERNELS}, for its kernels
 * (JavaScript) and its addon's C++ sources.
 *
 * Its install scripts do not run. The two packages that the kernels import are replaced by one line
 * each, which returns the tfjs-core of the process that loads the kernels.
 *
 * @throws UsageError when npm cannot fetch the package, or its checksum is wrong
 */
export async function fetchTfjsNode({ folder, signal, say }: Stage): Promise<void> {
  say(`fetching the kernels of tfjs-node ${TFJS_NODE_VERSION} from the npm registry`)
  const hint =
    'check whether `npm view @tensorflow/tfjs-node` works, because the npm registry must be reachable'
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  await runCommand(
    npm,
    [
      'pack',
      `@tensorflow/tfjs-node@${TFJS_NODE_VERSION}`,
      '--pack-destination',
      folder,
      '--fetch-retries=1',
      '--fetch-retry-mintimeout=1000',
    ],
    { signal, hint },
  )
  const tarball = join(folder, `tensorflow-tfjs-node-${TFJS_NODE_VERSION}.tgz`)
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`
  if (integrity !== INTEGRITY) {
    throw new UsageError({
      where: '@tensorflow/tfjs-node',
      what: 'the package from the registry has another checksum',
      expected: INTEGRITY,
      got: integrity,
      hint: 'check the registry',
    })
  }
  const target = join(folder, KERNELS)
  await mkdir(target, { recursive: true })
  await runCommand(
    'tar',
    [
      '-xzf',
      tarball,
      '-C',
      target,
      '--strip-components=1',
      'package/dist',
      'package/binding',
      'package/package.json',
    ],
    { signal, hint: 'install tar and gzip' },
  )
  await rm(tarball)
  for (const name of ['tfjs', 'tfjs-core']) {
    const replacement = join(target, 'node_modules', '@tensorflow', name)
    await mkdir(replacement, { recursive: true })
    await writeFile(
      join(replacement, 'index.js'),
      `module.exports = globalThis[Symbol.for('${CORE_SYMBOL}')]\n`,
    )
  }
  // No kernel needs the protocol buffers for saved models and TensorBoard, which would need a
  // further package.
  await writeFile(join(target, 'dist', 'proto', 'api_pb.js'), 'module.exports = {}\n')
}
