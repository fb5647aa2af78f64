import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { BenchEnvironment } from '../results/bench-environment.js'

type MachineLimits = Pick<
  BenchEnvironment,
  'availableCores' | 'governor' | 'turbo' | 'cpuLimit' | 'memoryLimitBytes'
>

const WATCHED_MS = 500

/** The share of all cores' time that is in use, by whomever, over half a second in which this process does nothing. */
export async function busyShare(): Promise<number> {
  const before = coreTimes()
  await pause(WATCHED_MS)
  const after = coreTimes()
  const total = after.total - before.total
  return total <= 0 ? 0 : Math.min(1, Math.max(0, 1 - (after.idle - before.idle) / total))
}

/** Milliseconds since the start of the system in which a core was in use, of all cores together. */
export function machineMs(): number {
  const { total, idle } = coreTimes()
  return total - idle
}

function coreTimes(): { idle: number; total: number } {
  const times = cpus().map((core) => core.times)
  const idle = times.reduce((sum, time) => sum + time.idle, 0)
  return {
    idle,
    total: times.reduce(
      (sum, { user, nice, sys, idle: rest, irq }) => sum + user + nice + sys + rest + irq,
      0,
    ),
  }
}

/** What the system allows this process and its clock, as far as it tells. */
export async function machineLimits(): Promise<MachineLimits> {
  const [governor, noTurbo, boost, cpuMax, memoryMax, quota, period] = await Promise.all(
    [
      '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor',
      '/sys/devices/system/cpu/intel_pstate/no_turbo',
      '/sys/devices/system/cpu/cpufreq/boost',
      // Control groups, version 2, then 1.
      '/sys/fs/cgroup/cpu.max',
      '/sys/fs/cgroup/memory.max',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us',
    ].map(line),
  )
  const turbo = noTurbo === undefined ? boost && boost === '1' : noTurbo === '0'
  const cpuLimit = limitOf(cpuMax?.split(' ')) ?? limitOf([quota, period])
  const memoryLimit = Number(memoryMax)
  return {
    availableCores: availableParallelism(),
    ...(governor === undefined ? {} : { governor }),
    ...(typeof turbo === 'boolean' ? { turbo } : {}),
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
    ...(memoryMax !== undefined && memoryLimit > 0 ? { memoryLimitBytes: memoryLimit } : {}),
  }
}

/** Microseconds allowed in each so many: `max`, or a negative number, is no limit. */
function limitOf([quota, period]: readonly (string | undefined)[] = []): number | undefined {
  const limit = Number(quota) / Number(period)
  return Number.isFinite(limit) && limit > 0 ? limit : undefined
}

/** A file's first line; undefined where there is no such file, as on other systems. */
async function line(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).split('\n')[0]!.trim()
  } catch {
    return undefined
  }
}
