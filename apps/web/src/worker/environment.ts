import type { RunResult } from '@mnist-lab/train'

/** The browser and the machine, as far as a page may know them. */
export function browserEnvironment(): RunResult['environment'] {
  return {
    userAgent: navigator.userAgent,
    cores: navigator.hardwareConcurrency,
    date: new Date().toISOString(),
  }
}
