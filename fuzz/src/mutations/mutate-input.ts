import type { Random } from '../random.js'
import { type Format, MAX_INPUT_BYTES, type Part, type Target } from '../target.js'
import { type Material, mutateBytes } from './mutate-bytes.js'
import { mutateJson } from './mutate-json.js'

const MUTATIONS: Readonly<
  Record<Format, (bytes: Uint8Array, random: Random, material: Material) => Uint8Array>
> = { bytes: mutateBytes, json: mutateJson }

/**
 * Returns a function that makes a new input from one of the corpus: it mutates the whole input or a
 * part of it, and mostly repairs checksums and lengths afterwards.
 */
export function inputMutation(
  target: Target,
): (parent: Uint8Array, random: Random, pickOther: () => Uint8Array) => Uint8Array {
  const { parts = [], repair, maxBytes = MAX_INPUT_BYTES } = target
  const words = (target.words ?? []).map((word) =>
    typeof word === 'string' ? new TextEncoder().encode(word) : word,
  )
  const whole: Part = { format: target.format, get: (bytes) => bytes, set: (_, content) => content }
  const places = [whole, ...parts]
  return (parent, random, pickOther) => {
    // Parts are tried three times as often, because most changes of the whole only damage it.
    const chosen = parts.length > 0 && !random.oneIn(4) ? random.pick(parts) : random.pick(places)
    const content = chosen.get(parent)
    const part = content === undefined ? whole : chosen
    const material: Material = {
      other() {
        const other = pickOther()
        return part.get(other) ?? other
      },
      words,
      maxBytes,
    }
    const mutated = MUTATIONS[part.format](content ?? parent, random, material)
    const result = part.set(parent, mutated)
    const repaired = repair === undefined || random.oneIn(4) ? result : repair(result)
    return repaired.length > maxBytes ? repaired.slice(0, maxBytes) : repaired
  }
}
