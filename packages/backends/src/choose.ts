import { BackendError } from './backend-error.js'
import type { Backend } from './seam.js'

export interface Choice {
  readonly backend: Backend
  /** One line: which and why. */
  readonly why: string
}

/**
 * The first backend that probes ok; order the candidates from fast to slow.
 *
 * @throws BackendError with every candidate's reason when none is available
 */
export async function firstAvailable(candidates: readonly Backend[]): Promise<Choice> {
  const refused: string[] = []
  for (const backend of candidates) {
    const probe = await backend.probe()
    if (probe.ok) {
      const before = refused.length > 0 ? `; ${refused.join('; ')}` : ''
      return {
        backend,
        why: `${backend.name}, the fastest backend available here (${probe.detail}${before})`,
      }
    }
    refused.push(`${backend.name}: ${probe.reason}`)
  }
  throw new BackendError({
    where: 'backend auto',
    what: `none is available: ${refused.join('; ')}`,
    hint: 'see `mnist doctor`',
  })
}
