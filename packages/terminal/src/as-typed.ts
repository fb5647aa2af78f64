import { relative } from 'node:path'

/** As the user would type it: package managers name the script that they run. */
export function programName(): string {
  return process.env['npm_lifecycle_event'] === 'mnist' ? 'pnpm mnist' : 'mnist'
}

/** As the user would type it from here. */
export function pathOf(directory: string): string {
  const path = relative('', directory)
  return path === '' || path.startsWith('..') ? directory : path
}
