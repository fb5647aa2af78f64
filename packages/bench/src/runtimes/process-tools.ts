import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as tick } from 'node:timers/promises'
import { machineMs } from './machine-state.js'
import type { ProcessTools } from '../measure/training.js'

/** Of this process. Garbage can be collected where Node.js was started with --expose-gc. */
export function processTools(): ProcessTools {
  return {
    peakRssBytes: () => process.resourceUsage().maxRSS * 1024,
    jsBytes() {
      const { heapUsed, external } = process.memoryUsage()
      return { heap: heapUsed, external }
    },
    cpuMs() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    machineMs,
    collectGarbage: globalThis.gc === undefined ? undefined : collectGarbage,
    watchCollections,
  }
}

/** Twice, a turn apart: memory outside the heap is given back by what the first one leaves to be done. */
async function collectGarbage(): Promise<void> {
  globalThis.gc!()
  await tick()
  globalThis.gc!()
}

function watchCollections(): () => Promise<{ count: number; ms: number }> {
  const begin = performance.now()
  const durations: number[] = []
  let end = Infinity
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (startTime >= begin && startTime < end) durations.push(duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  return async () => {
    end = performance.now()
    // Entries are delivered in a turn of their own.
    await tick()
    await tick()
    observer.disconnect()
    return { count: durations.length, ms: durations.reduce((sum, ms) => sum + ms, 0) }
  }
}
