// Runs a program of this repository from its sources: node scripts/program.mjs PACKAGE ENTRY
// [ARGUMENTS…]. It builds what has changed first. When nothing has changed it prints nothing of its
// own, so that the program's output can be piped into another program.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Matches Turborepo's output for a package that it builds. */
const BUILDS_ANEW = /cache (miss|bypass)/

const [name, entry, ...args] = process.argv.slice(2)
if (name === undefined || entry === undefined) {
  process.stderr.write('usage: node scripts/program.mjs PACKAGE ENTRY [ARGUMENTS…]\n')
  process.exit(2)
}

const failure = await build(name)
if (failure !== undefined) {
  process.stderr.write(`${failure.output}\n${name} was not built; the lines above say why.\n`)
  process.exit(failure.code)
}
// The program runs in this process: it gets the terminal and every signal directly.
const script = `${ROOT}${entry}`
process.argv.splice(1, process.argv.length, script, ...args)
await import(pathToFileURL(script).href)

/**
 * Builds a package and what it depends on; Turborepo skips what has not changed.
 *
 * @returns {Promise<{ output: string, code: number } | undefined>} undefined when the package is
 * built
 */
async function build(filter) {
  const flags = [`--filter=${filter}`, '--output-logs=new-only', '--log-order=grouped']
  // This is the launcher script of the package, because not every system's shell would find it.
  const turbo = `${ROOT}node_modules/turbo/bin/turbo`
  if (!existsSync(turbo)) return { output: 'Turborepo is not installed: run pnpm install', code: 2 }
  const child = spawn(process.execPath, [turbo, 'run', 'build', ...flags], {
    cwd: ROOT,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let announced = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
      if (announced || !BUILDS_ANEW.test(output)) return
      announced = true
      // Without a listener, a stderr that takes nothing would end the program before it began.
      process.stderr.once('error', () => {})
      process.stderr.write('Building the packages that have changed…\n')
    })
  }
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', (status) => resolve(status ?? 130))
  })
  return code === 0 ? undefined : { output, code }
}
