import * as os from 'node:os'

/** The machine and the JavaScript runtime, as results state them. */
export interface Machine {
  /** The operating system and its release, e.g. `linux 6.8.0`. */
  readonly os: string
  /** The processor's architecture, e.g. `x64`. */
  readonly arch: string
  /** The processor's model, or `unknown` if the system does not say. */
  readonly cpu: string
  /** Logical processors, at least 1. */
  readonly cores: number
  readonly memoryBytes: number
  /** Node.js's version, e.g. `v20.19.0`. */
  readonly node: string
  readonly v8: string
}

/** Describes the machine and the JavaScript runtime of this process. */
export function machine(): Machine {
  const cpus = os.cpus()
  return {
    os: `${os.platform()} ${os.release()}`,
    arch: os.arch(),
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: Math.max(1, cpus.length),
    memoryBytes: os.totalmem(),
    node: process.version,
    v8: process.versions.v8,
  }
}

/** Returns the bytes of memory that this process can have: the machine's, or its container's. */
export function processMemoryBytes(): number {
  // It is 0 where the system does not tell, and larger than the machine's where there is no limit.
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(os.totalmem(), constrained) : os.totalmem()
}
