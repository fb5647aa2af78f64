import { z } from 'zod'

const positive = z.number().int().positive()
const share = z.number().min(0).max(1)

export const benchEnvironmentSchema = z.object({
  /** Platform and release. */
  os: z.string(),
  arch: z.string(),
  cpu: z.string(),
  /** Logical ones. */
  cores: positive,
  /** Of them, those that this process may use. */
  availableCores: positive,
  /** A page is not told, nor has it Node.js. */
  memoryBytes: positive.optional(),
  /** Of the clock's speed: `performance`, `powersave`, …; where the system tells. */
  governor: z.string().optional(),
  /** Whether the clock may go beyond its nominal speed; where the system tells. */
  turbo: z.boolean().optional(),
  /** What a container allows, where it limits something: cores' worth of time, and memory. */
  cpuLimit: z.number().positive().optional(),
  memoryLimitBytes: positive.optional(),
  node: z.string().optional(),
  v8: z.string().optional(),
  /** Versions of the packages that were measured, by name. */
  packages: z.record(z.string(), z.string()),
  /** Of the checkout, when it is one; `+` at the end: with uncommitted changes. */
  commit: z.string().optional(),
  /** ISO 8601, when the run began. */
  date: z.string(),
  /** Over 1, 5 and 15 minutes; zeros where the system keeps none. */
  loadAverageBefore: z.tuple([z.number(), z.number(), z.number()]),
  loadAverageAfter: z.tuple([z.number(), z.number(), z.number()]),
  /** Of all cores' time, how much was used in a moment before the first process and after the last. */
  busyBefore: share,
  busyAfter: share,
  /** The clock: its smallest step, and what asking it costs. */
  timer: z.object({ resolutionMs: z.number().nonnegative(), overheadMs: z.number().nonnegative() }),
})

export type BenchEnvironment = z.infer<typeof benchEnvironmentSchema>

/** What makes a machine that machine: results of two that differ in it do not compare. */
const MACHINE = [
  'arch',
  'cpu',
  'cores',
  'availableCores',
  'memoryBytes',
  'governor',
  'turbo',
  'cpuLimit',
  'memoryLimitBytes',
] as const satisfies readonly (keyof BenchEnvironment)[]

/** What may differ between two results that compare, and is to be said. */
const SOFTWARE = ['os', 'node', 'v8'] as const satisfies readonly (keyof BenchEnvironment)[]

export interface EnvironmentDifference {
  readonly what: string
  readonly a: string
  readonly b: string
}

/** Every part of the machine that differs; none: the same machine, as far as can be told. */
export function machineDifferences(
  a: BenchEnvironment,
  b: BenchEnvironment,
): EnvironmentDifference[] {
  return differences(MACHINE, a, b)
}

/** Systems, engines and packages that differ; a package that one side lacks is no difference, it measured other backends. */
export function softwareDifferences(
  a: BenchEnvironment,
  b: BenchEnvironment,
): EnvironmentDifference[] {
  const packages = Object.entries(a.packages)
    .filter(([name, version]) => b.packages[name] !== undefined && b.packages[name] !== version)
    .map(([what, version]) => ({ what, a: version, b: b.packages[what]! }))
  return [...differences(SOFTWARE, a, b), ...packages]
}

/** Eight hexadecimal digits that stand for the machine: FNV-1a over what {@link machineDifferences} looks at. */
export function machineFingerprint(environment: BenchEnvironment): string {
  let hash = 0x811c9dc5
  for (const field of MACHINE) {
    for (const character of `${field}=${textOf(field, environment)};`)
      hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function differences(
  fields: readonly (keyof BenchEnvironment)[],
  a: BenchEnvironment,
  b: BenchEnvironment,
): EnvironmentDifference[] {
  return fields
    .map((what) => ({ what, a: textOf(what, a), b: textOf(what, b) }))
    .filter((one) => one.a !== one.b)
}

function textOf(field: keyof BenchEnvironment, environment: BenchEnvironment): string {
  const value = environment[field]
  // A restarted machine has some pages more or fewer.
  if (field === 'memoryBytes' || field === 'memoryLimitBytes') {
    return typeof value === 'number' ? `${(value / 2 ** 30).toFixed(1)} GiB` : 'unknown'
  }
  return value === undefined ? 'unknown' : typeof value === 'string' ? value : JSON.stringify(value)
}
