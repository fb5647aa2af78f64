/** Names a part of a training step. `synchronise` waits for the engine and reads its results. */
export type StepPhase = 'data' | 'forward' | 'backward' | 'update' | 'synchronise'

/** Says how long a phase took in all steps. */
export interface PhaseTime {
  readonly phase: StepPhase
  readonly ms: number
}

/** Says how long a kernel took in one phase of all steps. */
export interface KernelTime extends PhaseTime {
  readonly name: string
  readonly calls: number
  /**
   * The multiply-adds of all calls, counted as a direct sum needs them. Missing if the backend does
   * not know them.
   */
  readonly multiplyAdds?: number
}

/**
 * The time of all steps between {@link Profiler.begin} and {@link Profiler.end}, in milliseconds.
 */
export interface Profile {
  /** The phases that the backend reported, in the order of a step. */
  readonly phases: readonly PhaseTime[]
  /** The kernels, slowest first. The time of a kernel excludes the kernels that it called. */
  readonly kernels: readonly KernelTime[]
}

const PHASES: readonly StepPhase[] = ['data', 'forward', 'backward', 'update', 'synchronise']

/**
 * Adds up how long the phases and kernels of training steps take. A backend that is given a
 * profiler (`fused({ profiler })`) reports the beginning of each phase and runs every kernel
 * through it. The caller of a step calls `begin` before it and `end` after it. Reading the clock
 * costs one or two microseconds per kernel. Use a profile to compare the shares of the kernels, and
 * measure the time of a step without a profiler.
 */
export class Profiler {
  readonly #now: () => number
  readonly #phases = new Map<StepPhase, number>()
  readonly #kernels = new Map<string, KernelTime>()
  #phase: StepPhase | undefined
  #since = 0
  /** For each running kernel, the outermost first, the time of the kernels that it called. */
  readonly #within: number[] = []

  /** @param now returns milliseconds; @default performance.now */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Begins a step with the phase `data`. */
  begin(): void {
    this.#phase = 'data'
    this.#since = this.#now()
  }

  /** Begins a phase. Outside of a step (an evaluation, a prediction) nothing is counted. */
  phase(next: StepPhase): void {
    if (this.#phase === undefined || this.#phase === next) return
    this.#count()
    this.#phase = next
  }

  /** Ends a step. */
  end(): void {
    if (this.#phase !== undefined) this.#count()
    this.#phase = undefined
  }

  /**
   * Runs a kernel, times it, and returns its result.
   *
   * @param multiplyAdds the multiply-adds of this call, if they are known
   */
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

  /** Returns the times of all steps so far. */
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
