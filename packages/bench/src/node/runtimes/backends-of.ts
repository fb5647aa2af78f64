import { type Backend, BackendError, BACKENDS } from '@mnist-lab/backends'
import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import type { Runtime } from './runtime.js'

/**
 * Returns the backends of a runtime that has some of those of Node.js: the listed ones in the order
 * of the registry, and their variants by name.
 *
 * @param runtime the name of the runtime, for the error
 */
export function someBackends(
  runtime: string,
  names: readonly string[],
): Pick<Runtime, 'backendNames' | 'createBackend'> {
  const backendNames = BACKEND_NAMES.filter((name) => names.includes(name))
  return {
    backendNames,
    createBackend(name): Backend {
      const backend = backendByName(name)
      const base = BACKENDS.find((entry) => entry.name === name)?.variant?.of ?? name
      if (base === 'null' || names.includes(base)) return backend
      throw new BackendError({
        where: `backend ${name}`,
        what: `it does not run in ${runtime}`,
        expected: `one of ${backendNames.join(', ')}`,
        hint: 'choose another backend',
      })
    },
  }
}
