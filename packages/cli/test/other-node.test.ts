// A run that began here goes on with another version of Node.js, and the other way round.
// NODE_OTHER names the programs, separated as in PATH.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { runSchema } from '@mnist-lab/train'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spawned } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

const OTHERS = (process.env['NODE_OTHER'] ?? '').split(delimiter).filter((path) => path !== '')

test.skipIf(process.env['REQUIRE_OTHER_NODE'] === undefined)(
  'another version of Node.js is there where it is required',
  () => expect(OTHERS).not.toEqual([]),
)

describe.skipIf(OTHERS.length === 0)('another version of Node.js (needs NODE_OTHER)', () => {
  let root: string
  let data: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
    data = await writeFiles(join(root, 'data'), await smallMnist(96, 32))
  })
  afterAll(() => rm(root, { recursive: true }))

  const bytesOf = (folder: string) => readFile(join(folder, 'weights.safetensors'))
  const runOf = async (folder: string) =>
    runSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))

  test.each(
    OTHERS.flatMap(
      (other) =>
        [
          [process.execPath, other],
          [other, process.execPath],
        ] as const,
    ),
  )(
    'a run that begins on %s goes on to the same bytes on %s, or is refused',
    async (first, second) => {
      const [whole, parts] = [await mkdtemp(join(root, 'a-')), await mkdtemp(join(root, 'b-'))]
      const train = (out: string, epochs: number) =>
        spawned(['train', 'lenet5', `--data=${data}`, `--epochs=${epochs}`, `--out=${out}`], {
          runtime: [first],
        })
      expect((await train(whole, 2)).code).toBe(0)
      expect((await train(parts, 1)).code).toBe(0)
      const before = await bytesOf(parts)
      const { code, stderr } = await spawned(['train', `--resume=${parts}`, '--epochs=2'], {
        runtime: [second],
      })
      if (code === 0) {
        expect((await bytesOf(parts)).equals(await bytesOf(whole))).toBe(true)
        expect((await runOf(parts)).backend.simd).toBe((await runOf(whole)).backend.simd)
        expect(await runOf(parts)).not.toHaveProperty('earlierBuilds')
      } else {
        // Node.js 20 has no relaxed SIMD, with which newer versions begin.
        expect([code, (await runOf(whole)).backend.simd]).toEqual([2, 'relaxed'])
        expect(stderr).toMatch(
          /^[^\n]*: the run cannot go on as it began, [^\n]*--allow-other-build[^\n]*\n$/,
        )
        expect((await bytesOf(parts)).equals(before)).toBe(true)
      }
    },
  )
})
