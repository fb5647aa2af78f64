// Paths at which nothing can be written, for the tests of all programs that write.
import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A path at which no folder and no file can be created. */
export interface BadPlace {
  readonly name: string
  readonly path: string
  /** What the one line says of it. */
  readonly line: RegExp
}

/** Creates what the paths need inside `root`, and returns them. */
export async function badPlaces(root: string): Promise<readonly BadPlace[]> {
  await writeFile(join(root, 'file'), 'kept')
  await symlink('loop', join(root, 'loop'))
  const places = [
    { name: 'below a file', path: join(root, 'file', 'x'), line: /is a file \(ENOTDIR\); / },
    {
      name: 'with a name of 300 bytes',
      path: join(root, 'n'.repeat(300)),
      line: /: the name is too long \(ENAMETOOLONG\); /,
    },
    {
      name: 'in a circle of symbolic links',
      path: join(root, 'loop', 'x'),
      line: /: symbolic links lead around in a circle \(ELOOP\); /,
    },
    { name: 'that is empty', path: '', line: /^--\w+: expected a path, got ""; / },
  ]
  // Below /proc, mkdir with the option `recursive` never returns.
  if (existsSync('/proc/self')) {
    const line = /: (nothing can be created in this folder|no such file or folder) \(ENOENT\); /
    places.push(
      { name: 'in /proc', path: '/proc/x', line },
      { name: 'below /proc', path: '/proc/x/y', line },
    )
  }
  return places
}

/** Creates a folder in `root` at a path where a file is to be written. */
export async function folderInPlaceOfFile(root: string, name: string): Promise<string> {
  await mkdir(join(root, name), { recursive: true })
  return join(root, name)
}
