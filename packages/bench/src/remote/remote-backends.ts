import {
  type Backend,
  BackendError,
  type BackendOptions,
  BackendRegistry,
  BACKENDS,
} from '@mnist-lab/backends'
import { cpu } from '@mnist-lab/backends/cpu'
import { fused, type FusedOptions } from '@mnist-lab/backends/fused'
import { nullBackend } from '@mnist-lab/backends/null'

/** Creates a backend of a remote engine, by its name. */
export interface RemoteBackendOptions extends BackendOptions {
  /** The kernels of the fused engine, where the program compiles none itself. */
  readonly module?: NonNullable<FusedOptions['module']>
}

/**
 * Creates one of the backends that need neither modules of Node.js nor a page.
 *
 * @param available the names of the backends that the program can have, without variants
 * @throws BackendError when it has no backend of that name
 */
export function remoteBackend(
  name: string,
  available: readonly string[],
  { module, ...options }: RemoteBackendOptions = {},
): Backend {
  const base = BACKENDS.find((entry) => entry.name === name)?.variant?.of ?? name
  if (![...available, 'null'].includes(base))
    throw new BackendError({
      where: `backend ${name}`,
      what: BACKENDS.some((entry) => entry.name === base)
        ? 'this runtime does not have what it needs'
        : 'unknown',
      expected: `one of ${available.join(', ')}`,
      hint: 'choose another backend',
    })
  const registry = new BackendRegistry('browser', {
    fused: (given) => fused({ ...given, ...(module === undefined ? {} : { module }) }),
    cpu,
    null: () => nullBackend(),
  })
  return registry.create(name, options)
}

/** Returns the build of the kernels that a backend of that name asks for, if it asks for one. */
export function buildOf(name: string): FusedOptions['build'] {
  return BACKENDS.find((entry) => entry.name === name)?.variant?.options.build
}
