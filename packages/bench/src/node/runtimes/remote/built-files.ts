import { fileURLToPath } from 'node:url'

/**
 * Returns the path of a file that the build of this package has made. Tests, which run the sources,
 * use the built files too.
 *
 * @param path below `dist`
 */
export function builtFile(path: string): string {
  return fileURLToPath(new URL(`../../../../dist/${path}`, import.meta.url))
}

/** The classic script with the remote engine. */
export const REMOTE_SCRIPT = builtFile('remote-bundles/script.cjs')
