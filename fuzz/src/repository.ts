import { existsSync, readFileSync } from 'node:fs'

/** The folder of the repository. The bundle lies deeper in it than the sources. */
function root(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('pnpm-workspace.yaml', folder))) {
    const above = new URL('..', folder)
    if (above.href === folder.href) throw new Error('no pnpm-workspace.yaml above this file')
    folder = above
  }
  return folder
}

/** Returns the content of a file, by its path in the repository. */
export function repositoryFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, root())))
}
