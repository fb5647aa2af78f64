import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/** Fetched, and kept, when they are asked for: TensorFlow.js is large, and not everybody compares. The page keeps the data in a cache of its own. */
const LATER = /^mnist\/|tfjs-|\/bench-|\.map$|build-manifest/

/**
 * Adds `service-worker.js`, from src/service-worker.js with the list of the site's files in it. Workbox does the same and more, with
 * 300 packages.
 */
export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const source = readFileSync(new URL('src/service-worker.js', import.meta.url), 'utf8')
        const files = [
          './',
          'icon.svg',
          'manifest.webmanifest',
          ...Object.keys(bundle).filter((name) => !LATER.test(name) && name !== 'index.html'),
        ]
        const hash = createHash('sha256')
        for (const part of Object.values(bundle))
          hash.update(part.type === 'chunk' ? part.code : part.source)
        const version = hash.digest('hex').slice(0, 12)
        this.emitFile({
          type: 'asset',
          fileName: 'service-worker.js',
          source: source
            .replace("'VERSION'", `'${version}'`)
            .replace("['FILES']", JSON.stringify(files.toSorted())),
        })
      },
    },
  }
}
