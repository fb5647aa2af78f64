import * as os from 'node:os'

/** The program that runs the JavaScript. */
export interface JavaScriptRuntime {
  readonly name: 'Node.js' | 'Bun' | 'Deno'
  /** E.g. `20.19.0`. */
  readonly version: string
}

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
  readonly runtime: JavaScriptRuntime
  /** Node.js's version, e.g. `v20.19.0`. Absent in another runtime. */
  readonly node?: string
  /** Absent in a runtime with another engine. */
  readonly v8?: string
}

/** Returns the name and the version of the program that runs this process. */
export function javaScriptRuntime(): JavaScriptRuntime {
  // Bun and Deno also have a version of Node.js, for programs that ask for it.
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return { name: 'Bun', version: bun }
  if (deno !== undefined) return { name: 'Deno', version: deno }
  return { name: 'Node.js', version: node }
}

/** Returns a runtime in words, such as `Bun 1.4.5`. */
export function runtimeText({ name, version }: JavaScriptRuntime): string {
  return `${name} ${version}`
}

/** Describes the machine and the JavaScript runtime of this process. */
export function machine(): Machine {
  const cpus = os.cpus()
  const runtime = javaScriptRuntime()
  return {
    os: `${os.platform()} ${os.release()}`,
    arch: os.arch(),
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: Math.max(1, cpus.length),
    memoryBytes: os.totalmem(),
    runtime,
    ...(runtime.name === 'Node.js' ? { node: process.version } : {}),
    // Bun states a version of V8 too, and runs JavaScriptCore.
    ...(runtime.name === 'Bun' ? {} : { v8: process.versions.v8 }),
  }
}

/** Returns the bytes of memory that this process can have: the machine's, or its container's. */
export function processMemoryBytes(): number {
  // It is 0 where the system does not tell, and larger than the machine's where there is no limit.
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(os.totalmem(), constrained) : os.totalmem()
}
