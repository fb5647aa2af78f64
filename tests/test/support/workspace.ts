import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A package of the workspace. */
export interface WorkspacePackage {
  readonly directory: string
  readonly manifest: Manifest
}

function packagesIn(folder: string): WorkspacePackage[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const directory = join(ROOT, folder, name)
      return {
        directory,
        manifest: JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest,
      }
    })
}

/** The packages that are published. */
export const libraries: readonly WorkspacePackage[] = packagesIn('packages')

/** All packages and apps. */
export const all: readonly WorkspacePackage[] = [...libraries, ...packagesIn('apps')]
