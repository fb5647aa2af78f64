import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machine } from '@mnist-lab/core/node'
import type { BenchEnvironment } from '../results/bench-environment.js'
import { calibrateTimer } from '../measure/clock.js'
import { busyShare, machineLimits } from './machine-state.js'

/** What is known before the first process; the load after the last one is `finishEnvironment`'s. */
export async function startEnvironment(): Promise<BenchEnvironment> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const [commit, busy, limits] = [await gitCommit(), await busyShare(), await machineLimits()]
  return {
    ...machine(),
    ...limits,
    packages: { 'mnist-lab': version },
    ...(commit === undefined ? {} : { commit }),
    date: new Date().toISOString(),
    loadAverageBefore: loadAverage(),
    loadAverageAfter: loadAverage(),
    busyBefore: busy,
    busyAfter: busy,
    timer: calibrateTimer({ now: () => performance.now() }),
  }
}

export async function finishEnvironment(environment: BenchEnvironment): Promise<BenchEnvironment> {
  return { ...environment, loadAverageAfter: loadAverage(), busyAfter: await busyShare() }
}

function loadAverage(): [number, number, number] {
  const [one = 0, five = 0, fifteen = 0] = loadavg()
  return [one, five, fifteen]
}

async function gitCommit(): Promise<string | undefined> {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const git = (...args: string[]) => promisify(execFile)('git', args, { cwd })
  try {
    const head = (await git('rev-parse', '--short=12', 'HEAD')).stdout.trim()
    const changed =
      (await git('status', '--porcelain', '--untracked-files=no')).stdout.trim() !== ''
    return changed ? `${head}+` : head
  } catch {
    // No git, or no checkout: the result then has no commit, as its schema says.
    return undefined
  }
}
