import { getHeapStatistics } from 'node:v8'
import type { InputRecord } from '../input-record.js'
import { type Fault, faultOf, shapeOf } from '../judge.js'
import { MAX_MEGABYTES, type Target } from '../target.js'
import { Coverage } from './coverage.js'

/** The limits of one input. */
export interface Limits {
  readonly seconds: number
  /** The memory in MB of 2²⁰ bytes. */
  readonly megabytes: number
}

/** Says what one input did. */
export interface Ran {
  readonly fault?: Fault
  /** The number of features that no input before had. */
  readonly fresh: number
}

/** Runs inputs, one after the other, and checks each answer. */
export class Runner {
  readonly coverage: Coverage
  readonly limits: Limits
  readonly #target: Target
  readonly #record: InputRecord
  #executions = 0

  constructor(target: Target, limits: Limits, record: InputRecord, branches: number) {
    this.#target = target
    this.limits = limits
    this.#record = record
    this.coverage = new Coverage(branches)
  }

  get executions(): number {
    return this.#executions
  }

  /** @param input the number to go on from if the process dies */
  async run(bytes: Uint8Array, input = 0): Promise<Ran> {
    this.#record.write(bytes, input)
    this.#executions++
    this.coverage.reset()
    const before = takenBytes()
    const begin = performance.now()
    const error = await this.#errorOf(bytes)
    const seconds = (performance.now() - begin) / 1000
    const taken = takenBytes() - before
    const shape = error && shapeOf(error.value instanceof Error ? error.value.message : '')
    const fresh = this.coverage.note(shape)
    const { limits } = this
    const fault =
      (error && faultOf(error.value)) ??
      (seconds > limits.seconds ? await this.#slowness(bytes) : undefined) ??
      (taken > limits.megabytes * 2 ** 20
        ? { kind: 'memory' as const, what: `more than ${limits.megabytes} MB` }
        : undefined)
    return { fresh, ...(fault === undefined ? {} : { fault }) }
  }

  /** Returns what the target throws, which may be any value, or undefined. */
  async #errorOf(bytes: Uint8Array): Promise<{ readonly value: unknown } | undefined> {
    try {
      const value = this.#target.run(bytes)
      if (value instanceof Promise) await value
      return undefined
    } catch (value) {
      return { value }
    }
  }

  /** Runs a slow input again for the time of the processor: the machine may have been busy. */
  async #slowness(bytes: Uint8Array): Promise<Fault | undefined> {
    const begin = process.cpuUsage()
    await this.#errorOf(bytes)
    const { user, system } = process.cpuUsage(begin)
    return (user + system) / 1e6 > this.limits.seconds
      ? { kind: 'hang', what: `more than ${this.limits.seconds} s` }
      : undefined
  }
}

/** Returns the memory that JavaScript's objects and their buffers take. */
function takenBytes(): number {
  const { external_memory: buffers, used_heap_size: objects } = getHeapStatistics()
  return buffers + objects
}

/** Returns the limits of a target. */
export function limitsOf({ maxMegabytes = MAX_MEGABYTES }: Target, seconds: number): Limits {
  return { seconds, megabytes: maxMegabytes }
}
