import { getHeapStatistics } from 'node:v8'
import type { InputRecord } from '../input-record.js'
import { type Fault, faultOf, shapeOf } from '../judge.js'
import { MAX_MEGABYTES, type Target } from '../target.js'
import { Coverage } from './coverage.js'

/** What must not be exceeded by one input. */
export interface Limits {
  readonly seconds: number
  /** In MB of 2²⁰ bytes. */
  readonly megabytes: number
}

/** What one input did. */
export interface Ran {
  readonly fault?: Fault
  /** The number of features that no input before had. */
  readonly fresh: number
}

/** Runs inputs, one after the other, and checks each answer. */
export class Runner {
  readonly coverage: Coverage
  readonly #target: Target
  readonly #limits: Limits
  readonly #record: InputRecord
  #executions = 0

  constructor(target: Target, limits: Limits, record: InputRecord, branches: number) {
    this.#target = target
    this.#limits = limits
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
    const before = getHeapStatistics()
    const begin = process.cpuUsage()
    let error: unknown
    let isThrown = false
    try {
      const value = this.#target.run(bytes)
      if (value instanceof Promise) await value
    } catch (thrown) {
      error = thrown
      isThrown = true
    }
    const used = process.cpuUsage(begin)
    const after = getHeapStatistics()
    const shape = isThrown
      ? shapeOf(error instanceof Error ? error.message : 'no error')
      : undefined
    const fresh = this.coverage.note(shape)
    const fault = (isThrown ? faultOf(error) : undefined) ?? this.#excess(used, before, after)
    return { fresh, ...(fault === undefined ? {} : { fault }) }
  }

  /** The time is the processor's, because the machine may be busy with something else. */
  #excess(
    { user, system }: NodeJS.CpuUsage,
    before: ReturnType<typeof getHeapStatistics>,
    after: ReturnType<typeof getHeapStatistics>,
  ): Fault | undefined {
    if ((user + system) / 1e6 > this.#limits.seconds)
      return { kind: 'hang', what: `more than ${this.#limits.seconds} s` }
    const taken = after.external_memory + after.used_heap_size
    const bytes = taken - before.external_memory - before.used_heap_size
    return bytes > this.#limits.megabytes * 2 ** 20
      ? { kind: 'memory', what: `more than ${this.#limits.megabytes} MB` }
      : undefined
  }
}

/** Returns the limits of a target. */
export function limitsOf({ maxMegabytes = MAX_MEGABYTES }: Target, seconds: number): Limits {
  return { seconds, megabytes: maxMegabytes }
}
