import { access } from 'node:fs/promises'
import { findProgram } from '@mnist-lab/core/node'
import { someBackends } from '../backends-of.js'
import { findRuntime, printedVersion } from '../find-runtime.js'
import { ARM64_LIBRARIES, QEMU_PROGRAMS } from '../packages.js'
import type { FoundRuntime, Runtime } from '../runtime.js'
import { builtFile } from './built-files.js'
import { type ProgramCommand, startLineProgram } from './line-link.js'
import { type RemoteRuntime, runRemoteCell } from './remote-cell.js'

const SHELL = builtFile('node/runtimes/remote/node-shell.js')

/**
 * Node.js for ARM processors. On a machine with another processor QEMU imitates one, so the results
 * count and the times do not.
 */
export const arm64: Runtime = {
  description: 'Node.js for ARM processors, which QEMU imitates: for results, not for times.',
  ...someBackends('arm64', ['fused', 'fused-js']),
  slow: true,
  find: findArm64,
  version: async (path) => versionOf(await emulated(path)),
  async start(path) {
    const command = await emulated(path)
    const runtime: RemoteRuntime = {
      name: 'Node.js for arm64',
      version: (await versionOf(command)).replace(/^v/, ''),
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

/** Returns the command that runs a program for ARM processors. */
async function emulated(path: string): Promise<ProgramCommand> {
  const qemu = await findQemu()
  if (!qemu.ok) throw new Error(qemu.reason)
  return { program: qemu.path, args: ['-L', ARM64_LIBRARIES, path] }
}

function versionOf({ program, args }: ProgramCommand): Promise<string> {
  return printedVersion(program, args)
}

async function findArm64(): Promise<FoundRuntime> {
  const qemu = await findQemu()
  if (!qemu.ok) return qemu
  return findRuntime({
    name: 'arm64',
    title: 'Node.js for ARM processors',
    variable: 'ARM64_NODE_PATH',
  })
}

async function findQemu(): Promise<FoundRuntime> {
  const qemu = await findProgram({
    title: 'QEMU for ARM processors',
    variable: 'QEMU_PATH',
    programs: QEMU_PROGRAMS,
    install: 'install Debian’s package qemu-user-static',
  })
  if (!qemu.ok) return qemu
  try {
    await access(ARM64_LIBRARIES)
    return qemu
  } catch {
    return {
      ok: false,
      reason: `there is no ${ARM64_LIBRARIES}`,
      hint: 'install Debian’s packages libc6-arm64-cross and libstdc++6-arm64-cross',
    }
  }
}
