import { z } from 'zod'
import { textSchema } from '../protocol/text-schema.js'

const positive = z.number().int().positive()
const share = z.number().min(0).max(1)

/** The machine and the software that a result was measured with. */
export const benchEnvironmentSchema = z.object({
  /** The platform and its release. */
  os: textSchema,
  arch: textSchema,
  cpu: textSchema,
  /** The number of logical cores. */
  cores: positive,
  /** Says how many of the cores this process may use. */
  availableCores: positive,
  /** Absent in a page, which is not told; so are `node` and `v8`. */
  memoryBytes: positive.optional(),
  /** The governor of the clock's speed (`performance`, `powersave`, …), where the system tells. */
  governor: textSchema.optional(),
  /** Whether the clock may go beyond its nominal speed, where the system tells. */
  turbo: z.boolean().optional(),
  /** The limit of a container, where it has one: cores' worth of time, and memory. */
  cpuLimit: z.number().positive().optional(),
  memoryLimitBytes: positive.optional(),
  /** What runs the bench itself. Files of earlier versions have `node` alone. */
  runtime: z.object({ name: textSchema, version: textSchema }).optional(),
  /** Absent in another runtime than Node.js. */
  node: textSchema.optional(),
  v8: textSchema.optional(),
  /** The versions of the packages that were measured, by name. */
  packages: z.record(textSchema, textSchema),
  /**
   * The commit of the checkout, where there is one. A `+` at its end stands for uncommitted
   * changes.
   */
  commit: textSchema.optional(),
  /** When the bench began, as ISO 8601. */
  date: textSchema,
  /** The load averages over 1, 5 and 15 minutes; zeros where the system keeps none. */
  loadAverageBefore: z.tuple([z.number(), z.number(), z.number()]),
  loadAverageAfter: z.tuple([z.number(), z.number(), z.number()]),
  /**
   * The share of all cores' time that was in use just before the first process and just after the
   * last.
   */
  busyBefore: share,
  busyAfter: share,
  /** The clock: its smallest step, and the cost of one reading. */
  timer: z.object({ resolutionMs: z.number().nonnegative(), overheadMs: z.number().nonnegative() }),
})

/** See {@link benchEnvironmentSchema}. */
export type BenchEnvironment = z.infer<typeof benchEnvironmentSchema>

/** The fields that tell one machine from another: results that differ in them are not compared. */
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

/**
 * The fields that may differ between two results that are compared; the differences are printed.
 */
const SOFTWARE = ['os', 'node', 'v8'] as const satisfies readonly (keyof BenchEnvironment)[]

/** A field in which two results differ. */
export interface EnvironmentDifference {
  readonly what: string
  readonly a: string
  readonly b: string
}

/**
 * Returns every part of the machine that differs. An empty list means the same machine, as far as
 * can be known.
 */
export function machineDifferences(
  a: BenchEnvironment,
  b: BenchEnvironment,
): EnvironmentDifference[] {
  return differences(MACHINE, a, b)
}

/**
 * Returns the systems, JavaScript engines and packages that differ. A package that only one side
 * has does not count, because the other side measured other backends.
 */
export function softwareDifferences(
  a: BenchEnvironment,
  b: BenchEnvironment,
): EnvironmentDifference[] {
  const packages = Object.entries(a.packages)
    .filter(([name, version]) => b.packages[name] !== undefined && b.packages[name] !== version)
    .map(([what, version]) => ({ what, a: version, b: b.packages[what]! }))
  return [...differences(SOFTWARE, a, b), ...packages]
}

/**
 * Returns eight hexadecimal digits that stand for the machine: FNV-1a over the fields that {@link
 * machineDifferences} compares.
 */
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
  // After a restart a machine can have a few more or fewer pages.
  if (field === 'memoryBytes' || field === 'memoryLimitBytes') {
    return typeof value === 'number' ? `${(value / 2 ** 30).toFixed(1)} GiB` : 'unknown'
  }
  return value === undefined ? 'unknown' : typeof value === 'string' ? value : JSON.stringify(value)
}
