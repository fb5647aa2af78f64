// These tests check that `pnpm mnist` and `pnpm bench` run programs from their sources, and that
// their output can be piped.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { pnpmCommand } from './support/run.js'
import { ROOT } from './support/workspace.js'

const PROGRAMS: Readonly<Record<'mnist' | 'bench', [packageName: string, entry: string]>> = {
  mnist: ['@mnist-lab/cli', 'packages/cli/dist/main.js'],
  bench: ['@mnist-lab/bench-app', 'apps/bench/dist/main.js'],
}

/** Runs `scripts/program.mjs` through pnpm, which Turborepo needs to find. */
function program(packageName: string, entry: string, ...args: readonly string[]) {
  const [pnpm, ...first] = pnpmCommand()
  const script = join(ROOT, 'scripts/program.mjs')
  const all = [...first, 'exec', process.execPath, script, packageName, entry, ...args]
  return spawnSync(pnpm, all, { cwd: ROOT, encoding: 'utf8' })
}

function start(name: keyof typeof PROGRAMS, ...args: readonly string[]) {
  return program(...PROGRAMS[name], ...args)
}

// This builds the packages that have changed.
beforeAll(() => {
  for (const name of ['mnist', 'bench'] as const) start(name, '--help')
})

test('a built program prints only its own output', () => {
  const { status, stdout, stderr } = start('mnist', 'summary', 'lenet5')
  expect(stdout.split('\n')[0]).toMatch(/^-+$/)
  expect(stdout).toContain('Total params: 61,706')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('a program passes on its exit code and its one line of error', () => {
  const { status, stdout, stderr } = start('mnist', 'summary', 'lenet6')
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^model lenet6: [^\n]+\n$/)
})

test.each(['mnist', 'bench'] as const)('%s gets its arguments as they are typed', (program) => {
  const { status, stdout } = start(program, '--help')
  expect(status).toBe(0)
  expect(stdout).toMatch(new RegExp(`^Usage: ${program} `))
})

test('a package that cannot be built is named, with the reason and no output of a program', () => {
  const { status, stdout, stderr } = program('@mnist-lab/nothing', PROGRAMS.mnist[1], '--help')
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('@mnist-lab/nothing was not built')
})
