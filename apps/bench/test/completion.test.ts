import { expect, test } from 'vitest'
import { bench } from './support/program.js'

test('a shell completes the flags and the commands of bench', async () => {
  expect((await bench(['complete', 'zsh'])).stdout).toMatch(/^#compdef bench$/m)
  expect((await bench(['complete', '--', '--ba'])).stdout).toMatch(/^--backend\t/m)
  expect((await bench(['complete', '--', 'comp'])).stdout).toMatch(/^compare\t/m)
  expect((await bench(['complete', '--', 'compare', '--al'])).stdout).toMatch(/^--alpha\t/m)
})

test('a shell that is unknown is refused in one line', async () => {
  const { code, stderr } = await bench(['complete', 'cmd'])
  expect(code).not.toBe(0)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
