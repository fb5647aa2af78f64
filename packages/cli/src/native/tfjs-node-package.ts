import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CORE_SYMBOL } from '@mnist-lab/backends/node'
import { fetchNpmPackage } from '../setup/npm-package.js'
import type { Stage } from '../setup/stage.js'
import { TFJS_NODE_PACKAGE } from './downloads.js'

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
  const target = join(folder, KERNELS)
  say(`fetching the kernels of tfjs-node ${TFJS_NODE_PACKAGE.version} from the npm registry`)
  const files = ['dist', 'binding', 'package.json']
  await fetchNpmPackage(TFJS_NODE_PACKAGE, target, { folder, signal, files })
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
