/** The parts of a training step. `synchronise`: waiting for the engine, and reading what it has computed. */
export type StepPhase = 'data' | 'forward' | 'backward' | 'update' | 'synchronise'

export interface PhaseTime {
  readonly phase: StepPhase
  readonly ms: number
}

export interface KernelTime extends PhaseTime {
  readonly name: string
  readonly calls: number
  /**
   * Multiplications with an addition of all calls, counted as a plain sum has them, where the backend
   * knows them.
   */
  readonly multiplyAdds?: number
}

/** Where the steps between {@link Profiler.begin} and {@link Profiler.end} went, in milliseconds of all of them together. */
export interface Profile {
  /** In the order of a step, those that the backend told of. */
  readonly phases: readonly PhaseTime[]
  /** Time of kernels that a kernel called is theirs, not its. */
  readonly kernels: readonly KernelTime[]
}

const PHASES: readonly StepPhase[] = ['data', 'forward', 'backward', 'update', 'synchronise']

/**
 * Adds up where training steps go. A backend that is given one (`fused({ profiler })`) tells it which phase begins and runs every
 * kernel through it; whoever steps calls `begin` before and `end` after. The clock around every kernel costs a microsecond or
 * two: a profile tells shares, and a bench without one the time of a step.
 */
export class Profiler {
  readonly #now: () => number
  readonly #phases = new Map<StepPhase, number>()
  readonly #kernels = new Map<string, KernelTime>()
  #phase: StepPhase | undefined
  #since = 0
  /** Of each kernel that runs, the outermost first: what kernels within it took. */
  readonly #within: number[] = []

  /** @param now milliseconds @default performance.now */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A step begins, with its data. */
  begin(): void {
    this.#phase = 'data'
    this.#since = this.#now()
  }

  /** Outside of a step (an evaluation, a prediction) nothing is counted. */
  phase(next: StepPhase): void {
    if (this.#phase === undefined || this.#phase === next) return
    this.#count()
    this.#phase = next
  }

  end(): void {
    if (this.#phase !== undefined) this.#count()
    this.#phase = undefined
  }

  /** Times a kernel. @param multiplyAdds what this call does, where it is known */
  kernel<T>(name: string, work: () => T, multiplyAdds?: number): T {
    const phase = this.#phase
    if (phase === undefined) return work()
    this.#within.push(0)
    const begin = this.#now()
    try {
      return work()
    } finally {
      const ms = this.#now() - begin
      const inner = this.#within.pop()!
      if (this.#within.length > 0) this.#within[this.#within.length - 1]! += ms
      const key = `${phase} ${name}`
      const kernel = this.#kernels.get(key) ?? { name, phase, calls: 0, ms: 0 }
      this.#kernels.set(key, {
        ...kernel,
        calls: kernel.calls + 1,
        ms: kernel.ms + ms - inner,
        ...(multiplyAdds === undefined
          ? {}
          : { multiplyAdds: (kernel.multiplyAdds ?? 0) + multiplyAdds }),
      })
    }
  }

  /** So far. */
  profile(): Profile {
    const phases = PHASES.flatMap((phase) => {
      const ms = this.#phases.get(phase)
      return ms === undefined ? [] : [{ phase, ms }]
    })
    return { phases, kernels: [...this.#kernels.values()].sort((a, b) => b.ms - a.ms) }
  }

  #count(): void {
    const now = this.#now()
    this.#phases.set(this.#phase!, (this.#phases.get(this.#phase!) ?? 0) + now - this.#since)
    this.#since = now
  }
}
