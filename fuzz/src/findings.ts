import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathOf } from '@mnist-lab/terminal'
import type { Finding } from './supervisor.js'

/**
 * Writes the inputs of findings to a folder, each with a text file that says what is wrong and how
 * to repeat it.
 *
 * @returns one line for each finding
 */
export function writeFindings(
  folder: string,
  target: string,
  findings: readonly Finding[],
): string[] {
  if (findings.length > 0) mkdirSync(folder, { recursive: true })
  return findings.map(({ fault, bytes }) => {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
    const name = `${fault.kind}-${hash}`
    const path = pathOf(join(folder, name))
    const command = `pnpm fuzz ${target} --replay=${path}`
    writeFileSync(join(folder, name), bytes)
    writeFileSync(
      join(folder, `${name}.txt`),
      `${fault.kind}: ${fault.what}\n\n${command}\n\n${fault.stack ?? ''}\n`,
    )
    return `${target}: ${fault.kind}: ${fault.what}\n  ${bytes.length} bytes; ${command}`
  })
}
