import * as os from 'node:os'

/** The machine and the runtime, as results state them. */
export interface Machine {
  readonly os: string
  readonly arch: string
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly node: string
  readonly v8: string
}

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
