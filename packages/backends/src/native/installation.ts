import { parseForeignJson } from '@mnist-lab/core'
import { cacheFolder } from '@mnist-lab/core/node'
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * The release of tfjs-node whose kernels and addon are used. It is that of the other TensorFlow.js
 * packages.
 */
export const TFJS_NODE_VERSION = '4.22.0'

/** The schema that `installation.json` names. */
export const INSTALLATION_SCHEMA = 'mnist-lab/native@1'
/** The most bytes of `installation.json`, which lists about a thousand files. */
const MAX_INSTALLATION_BYTES = 2 ** 24

/**
 * The contents of `installation.json`, which the set-up of native TensorFlow writes into its
 * folder. Paths are relative to it, or absolute.
 */
export interface Installation {
  readonly schema: typeof INSTALLATION_SCHEMA
  /** Says in words where TensorFlow came from. */
  readonly source: string
  /** TensorFlow's own version. */
  readonly tensorflow: string
  /** The path of the addon, `tfjs_binding.node`. */
  readonly binding: string
  /**
   * The path of an addon that keeps libraries from writing to stderr while they load, if one was
   * built.
   */
  readonly muteStderr?: string
  /** The folder of tfjs-node's JavaScript. */
  readonly kernels: string
  /** Every file that must be there unchanged. */
  readonly files: readonly {
    readonly path: string
    readonly bytes: number
    readonly sha256: string
  }[]
}

/**
 * Returns the installation's folder, in the user's cache, one for each version and platform. The
 * environment variable `MNIST_LAB_CACHE` names another cache.
 */
export function installationFolder(): string {
  return join(cacheFolder(), `tfjs-node-${TFJS_NODE_VERSION}-${process.platform}-${process.arch}`)
}

/** What {@link findInstallation} found: an installation, or the reason why it cannot be used. */
export type FoundInstallation =
  | { readonly ok: true; readonly installation: Installation }
  | { readonly ok: false; readonly reason: string }

/**
 * Looks for an installation, without loading it. It compares sizes but not checksums, because the
 * libraries have 850 MB.
 */
export function findInstallation(folder: string): FoundInstallation {
  let installation: Installation
  try {
    const file = join(folder, 'installation.json')
    const size = statSync(file).size
    if (size > MAX_INSTALLATION_BYTES) throw new Error(`installation.json has ${size} bytes`)
    installation = parseForeignJson(readFileSync(file), {
      maxSize: MAX_INSTALLATION_BYTES,
    }) as Installation
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return {
      ok: false,
      reason: missing
        ? 'native TensorFlow is not set up'
        : `${damaged(folder)} (${(error as Error).message})`,
    }
  }
  if (installation.schema !== INSTALLATION_SCHEMA || !Array.isArray(installation.files)) {
    return { ok: false, reason: `${damaged(folder)} (installation.json is of another version)` }
  }
  const wrong = installation.files.find(
    ({ path, bytes }) => sizeOf(resolve(folder, path)) !== bytes,
  )
  return wrong === undefined
    ? { ok: true, installation }
    : { ok: false, reason: `${damaged(folder)} (${wrong.path} is missing or changed)` }
}

function damaged(folder: string): string {
  return `the set-up of native TensorFlow in ${folder} is damaged`
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}
