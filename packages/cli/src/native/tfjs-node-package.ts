import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CORE_SYMBOL, TFJS_NODE_VERSION } from '@mnist-lab/backends/node'
import { UsageError } from '@mnist-lab/terminal'
import { runCommand } from './run-command.js'
import type { Stage } from './stage.js'

/** As the npm registry states it for this version; a published version never changes. */
const INTEGRITY =
  'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w=='

/** Where it lies in a stage. */
export const KERNELS = 'tfjs-node'

/**
 * tfjs-node's kernels (JavaScript) and its addon's C++ sources, from the npm package, into the stage's folder
 * {@link KERNELS}. Its install scripts do not run. The two packages that the kernels import become one line each: the
 * tfjs-core of the process that loads them.
 *
 * @throws UsageError when npm cannot fetch it, or it is not the package that it should be
 */
export async function fetchTfjsNode({ folder, signal, say }: Stage): Promise<void> {
  say(`fetching the kernels of tfjs-node ${TFJS_NODE_VERSION} from the npm registry`)
  const hint =
    'see whether `npm view @tensorflow/tfjs-node` works: the npm registry must be within reach'
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
      what: 'the registry gave another package',
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
    const stand = join(target, 'node_modules', '@tensorflow', name)
    await mkdir(stand, { recursive: true })
    await writeFile(
      join(stand, 'index.js'),
      `module.exports = globalThis[Symbol.for('${CORE_SYMBOL}')]\n`,
    )
  }
  // Protocol buffers of saved models and TensorBoard, which no kernel needs; they would want a package of their own.
  await writeFile(join(target, 'dist', 'proto', 'api_pb.js'), 'module.exports = {}\n')
}
