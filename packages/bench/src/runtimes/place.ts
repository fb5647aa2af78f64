import { BackendError, type Backend } from '@mnist-lab/backends'
import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import { WEB_BACKEND_NAMES, webBackend } from '@mnist-lab/backends/web'
import { type Place, placed, takeApart } from './place-name.js'

/**
 * The cells' names for what `--in` and `--backend` say, places in their order.
 *
 * @param backends `all` stands for those that a place can have
 * @throws BackendError when a backend is known in none of the places
 */
export function placedBackends(
  places: readonly Place[],
  backends: readonly string[] | 'all',
): string[] {
  if (backends === 'all')
    return places.flatMap((place) =>
      (place === 'node' ? BACKEND_NAMES : WEB_BACKEND_NAMES).map((name) => placed(name, place)),
    )
  const names = places.flatMap((place) =>
    backends
      .filter((name) => errorOf(name, place) === undefined)
      .map((name) => placed(name, place)),
  )
  const unknown = backends.find((name) => !names.some((full) => takeApart(full).backend === name))
  if (unknown !== undefined) throw errorOf(unknown, places[0]!)!
  return names
}

function errorOf(name: string, place: Place): BackendError | undefined {
  try {
    create(name, place)
    return undefined
  } catch (error) {
    if (error instanceof BackendError) return error
    throw error
  }
}

function create(name: string, place: Place): Backend {
  return place === 'node' ? backendByName(name) : webBackend(name)
}
