import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { instrument } from './instrument.js'

/** The folder of this package. */
export const FOLDER = fileURLToPath(new URL('..', import.meta.url))

/** Large packages that no parser loads. */
const NEVER_LOADED = [/^@tensorflow\//, /^playwright/, /^@mnist-lab\/backends\/node$/]

/** The program of the child process. */
export interface InstrumentedBundle {
  /** A new folder, which the caller removes. */
  readonly folder: string
  readonly entry: string
  /** The number of branches that are counted. */
  readonly branches: number
}

/**
 * Bundles the child process with all targets. The code of the product and of the npm packages that
 * it uses counts its branches; the code of this package does not.
 */
export async function bundleInstrumented(): Promise<InstrumentedBundle> {
  mkdirSync(join(FOLDER, 'build'), { recursive: true })
  const folder = mkdtempSync(join(FOLDER, 'build', 'child-'))
  const own = join(FOLDER, 'src').replaceAll('\\', '/')
  const conditions = ['@mnist-lab/source', 'node', 'import', 'module', 'default']
  let branches = 0
  await build({
    configFile: false,
    logLevel: 'error',
    root: FOLDER,
    // Everything is bundled, so that everything is instrumented.
    ssr: { noExternal: true, resolve: { conditions } },
    resolve: { conditions },
    plugins: [
      {
        name: 'count-branches',
        enforce: 'post',
        transform(code, id) {
          // Modules that the bundler makes have a zero byte in their name.
          if (id.startsWith(own) || id.includes('\0')) return undefined
          const instrumented = instrument(code, branches)
          branches = instrumented.next
          return { code: instrumented.code, map: null }
        },
      },
    ],
    build: {
      ssr: join(FOLDER, 'src', 'child', 'main.ts'),
      outDir: folder,
      target: 'node20',
      minify: false,
      rolldownOptions: { external: NEVER_LOADED, output: { entryFileNames: 'child.mjs' } },
    },
  })
  return { folder, entry: join(folder, 'child.mjs'), branches }
}
