import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machine } from '@mnist-lab/core/node'
import { packageVersion } from '@mnist-lab/terminal'
import { calibrateTimer } from '../measure/clock.js'
import type { BenchEnvironment } from '../results/environment.js'

/**
 * Describes the machine before the first process starts. `finishEnvironment` adds the load after
 * the last one.
 */
export async function startEnvironment(): Promise<BenchEnvironment> {
  const [commit, busy, limits] = [await gitCommit(), await busyShare(), await machineLimits()]
  return {
    ...machine(),
    ...limits,
    packages: { 'mnist-lab': packageVersion(import.meta.url) },
    ...(commit === undefined ? {} : { commit }),
    date: new Date().toISOString(),
    loadAverageBefore: loadAverage(),
    loadAverageAfter: loadAverage(),
    busyBefore: busy,
    busyAfter: busy,
    timer: calibrateTimer({ now: () => performance.now() }),
  }
}

/** Adds the load of the machine after the last process. */
export async function finishEnvironment(environment: BenchEnvironment): Promise<BenchEnvironment> {
  return { ...environment, loadAverageAfter: loadAverage(), busyAfter: await busyShare() }
}

function loadAverage(): [number, number, number] {
  const [one = 0, five = 0, fifteen = 0] = loadavg()
  return [one, five, fifteen]
}

async function gitCommit(): Promise<string | undefined> {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  // An installed package lies in the checkout of another project.
  if (cwd.includes('node_modules')) return undefined
  const git = (...args: string[]) => promisify(execFile)('git', args, { cwd })
  try {
    const head = (await git('rev-parse', '--short=12', 'HEAD')).stdout.trim()
    const changed =
      (await git('status', '--porcelain', '--untracked-files=no')).stdout.trim() !== ''
    return changed ? `${head}+` : head
  } catch {
    // There is no git or no checkout. The result then has no commit.
    return undefined
  }
}

type MachineLimits = Pick<
  BenchEnvironment,
  'availableCores' | 'governor' | 'turbo' | 'cpuLimit' | 'memoryLimitBytes'
>

const WATCHED_MS = 500

/**
 * Returns the share of all cores' time that other programs use, over half a second in which this
 * process does nothing.
 */
async function busyShare(): Promise<number> {
  const before = coreTimes()
  await pause(WATCHED_MS)
  const after = coreTimes()
  const total = after.total - before.total
  return total <= 0 ? 0 : Math.min(1, Math.max(0, 1 - (after.idle - before.idle) / total))
}

/**
 * Returns the milliseconds since the start of the system in which a core was in use, summed over
 * all cores.
 */
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

/**
 * Returns the limits of this process and the settings of the clock, as far as the system reports
 * them.
 */
async function machineLimits(): Promise<MachineLimits> {
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

/**
 * Returns a limit on processor time in cores, from the allowed and the whole microseconds of a
 * period; `max` or a negative number means no limit.
 */
function limitOf([quota, period]: readonly (string | undefined)[] = []): number | undefined {
  const limit = Number(quota) / Number(period)
  return Number.isFinite(limit) && limit > 0 ? limit : undefined
}

/** Returns the first line of a file, or undefined if there is no such file, as on other systems. */
async function line(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).split('\n')[0]!.trim()
  } catch {
    return undefined
  }
}
