// Training goes on whatever becomes of stdout and stderr. The processes run the built program.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { succeed } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

let root: string
let data: string
let whole: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  data = await writeFiles(join(root, 'data'), await smallMnist(64, 32))
  whole = join(root, 'whole')
  await succeed([...train(), '--out', whole])
})
afterAll(() => rm(root, { recursive: true }))

const train = () => ['train', 'custom-mlp', '--data', data, '--epochs', '2']

/**
 * Runs `mnist` in a shell with redirections behind it.
 *
 * @returns its exit code, and what came out of the shell
 */
function shell(redirections: string, args: readonly string[]) {
  const command = `{ "$0" "$@"; echo "code $?" >&3; } ${redirections}`
  const child = spawn('sh', ['-c', command, process.execPath, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const texts = ['', '', '']
  for (const at of [1, 2, 3])
    child.stdio[at]!.on('data', (text: Buffer) => (texts[at - 1] += text.toString()))
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      const [stdout, stderr, code] = texts as [string, string, string]
      resolve({ code: Number(/code (\d+)/.exec(code)?.[1]), stdout, stderr })
    })
  })
}

const LOST =
  'the disk is full (ENOSPC); the rest of this output is lost, and all other work goes on'

describe.skipIf(!existsSync('/dev/full'))('a training run keeps its folder', () => {
  test.each<[string, number, string, string]>([
    ['> /dev/full', 2, '', `stdout: ${LOST}\n`],
    ['2> /dev/full', 2, `stderr: ${LOST}\n`, ''],
    ['> /dev/full 2>&1', 2, '', ''],
    ['2>&1 | head -n 1', 0, 'model ', ''],
    ['>&-', 0, '', ''],
  ])('with %s, and ends with %i', async (redirections, expected, onStdout, onStderr) => {
    const out = join(
      root,
      redirections.replaceAll(/\W/g, (mark) => `${mark.charCodeAt(0)}`),
    )
    const { code, stdout, stderr } = await shell(redirections, [...train(), '--out', out])
    expect(code).toBe(expected)
    expect(stdout).toContain(onStdout)
    expect(stderr).toContain(onStderr)
    expect(stdout + stderr).not.toMatch(/^ +at /m)
    expect((await readdir(out)).toSorted()).toEqual((await readdir(whole)).toSorted())
    expect(await readFile(join(out, 'weights.safetensors'))).toEqual(
      await readFile(join(whole, 'weights.safetensors')),
    )
  })

  test('and other commands end with 2 where their results were lost, not with a stack', async () => {
    for (const args of [
      ['summary', 'lenet5'],
      ['evaluate', whole, '--json'],
    ]) {
      const { code, stderr } = await shell('> /dev/full', args)
      expect([code, stderr], args[0]).toEqual([2, `stdout: ${LOST}\n`])
    }
    // An error that stderr does not take is told on stdout.
    const { code, stdout } = await shell('2> /dev/full', ['summary', 'lenet9'])
    expect(code).toBe(2)
    expect(stdout).toMatch(/^stderr: .*\nmodel lenet9: unknown, .*\n$/)
  })
})
