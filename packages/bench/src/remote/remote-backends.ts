import {
  type Backend,
  BackendError,
  type BackendOptions,
  BackendRegistry,
  BACKENDS,
} from '@mnist-lab/backends'
import { cpu } from '@mnist-lab/backends/cpu'
import { fused, type FusedOptions } from '@mnist-lab/backends/fused'
import { fusedJs } from '@mnist-lab/backends/fused-js'
import { nullBackend } from '@mnist-lab/backends/null'

/** The backends that need neither modules of Node.js nor a page, without variants. */
export const REMOTE_BACKENDS: readonly string[] = ['fused', 'fused-js', 'cpu']

/** The options of {@link remoteBackend}. */
interface RemoteBackendOptions extends BackendOptions {
  /** The kernels of the fused engine, where the program compiles none itself. */
  readonly module?: NonNullable<FusedOptions['module']>
}

/**
 * Creates one of {@link REMOTE_BACKENDS} or a variant.
 *
 * @throws BackendError when there is none of that name
 */
export function remoteBackend(
  name: string,
  { module, ...options }: RemoteBackendOptions = {},
): Backend {
  const base = BACKENDS.find((entry) => entry.name === name)?.variant?.of ?? name
  if (![...REMOTE_BACKENDS, 'null'].includes(base))
    throw new BackendError({
      where: `backend ${name}`,
      what: 'a remote engine does not have it',
      expected: `one of ${REMOTE_BACKENDS.join(', ')}`,
      hint: 'choose another backend',
    })
  const registry = new BackendRegistry('browser', {
    fused: (given) => fused({ ...given, ...(module === undefined ? {} : { module }) }),
    'fused-js': fusedJs,
    cpu,
    null: () => nullBackend(),
  })
  return registry.create(name, options)
}

/** Returns the build of the kernels that a backend of that name asks for, if it asks for one. */
export function buildOf(name: string): FusedOptions['build'] {
  return BACKENDS.find((entry) => entry.name === name)?.variant?.options.build
}
