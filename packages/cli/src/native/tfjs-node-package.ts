import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CORE_SYMBOL } from '@mnist-lab/backends/node'
import { checkDownload, TFJS_NODE_PACKAGE } from './downloads.js'
import { runCommand } from './run-command.js'
import type { Stage } from './stage.js'

/** The folder of the package within a stage. */
export const KERNELS = 'tfjs-node'

/**
 * Fetches the npm package of tfjs-node into the stage's folder {@link KERNELS}, for its kernels
 * (JavaScript) and its addon's C++ sources.
 *
 * Its install scripts do not run. The two packages that the kernels import are replaced by one line
 * each, which returns the tfjs-core of the process that loads the kernels.
 *
 * @throws UsageError when npm cannot fetch the package
 * @throws ChecksumError when it is another one than the published one
 */
export async function fetchTfjsNode({ folder, signal, say }: Stage): Promise<void> {
  const { name, version, file, checksum } = TFJS_NODE_PACKAGE
  say(`fetching the kernels of tfjs-node ${version} from the npm registry`)
  const hint =
    'check whether `npm view @tensorflow/tfjs-node` works, because the npm registry must be reachable'
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  await runCommand(
    npm,
    [
      'pack',
      `${name}@${version}`,
      '--pack-destination',
      folder,
      '--fetch-retries=1',
      '--fetch-retry-mintimeout=1000',
    ],
    { signal, hint },
  )
  const tarball = join(folder, file)
  await checkDownload(tarball, `${name} from the npm registry`, checksum, signal)
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
  for (const imported of ['tfjs', 'tfjs-core']) {
    const replacement = join(target, 'node_modules', '@tensorflow', imported)
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
