import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * Returns the folder in the user's cache that set-ups install into. The environment variable
 * `MNIST_LAB_CACHE` names another one.
 */
export function cacheFolder(): string {
  const { env, platform } = process
  if (env['MNIST_LAB_CACHE']) return resolve(env['MNIST_LAB_CACHE'])
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'mnist-lab', 'cache')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'mnist-lab')
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mnist-lab')
}
