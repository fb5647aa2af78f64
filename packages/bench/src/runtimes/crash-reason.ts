/** Enough for the last lines of any crash. */
export const STDERR_KEPT = 64 * 1024

/** The last line of stderr that tells something, and how the process ended. */
export function crashReason(stderr: string, ending: string): string {
  const noise = /^\s*$|^\s+at |^Node\.js v|^\s*\d+: 0x|^-+ .* -+$/
  const line = stderr.split('\n').findLast((text) => !noise.test(text))
  return line === undefined
    ? `the process ended (${ending}) without a word`
    : `${line.trim()} (${ending})`
}
