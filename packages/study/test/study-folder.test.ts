import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { studyPlan, type StudySettings } from '../src/index.js'
import { checkSettings, readStudy, runStudy } from '../src/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-study-'))
})
afterEach(() => rm(folder, { recursive: true }))

const settings: StudySettings = { epochs: 1, seeds: 1, ablationSeeds: 0, backend: 'fused' }
const silent = { start() {}, begin() {}, hear() {} }

/** Starts the study in the folder, and stops it before its first run. */
const started = async (asked: StudySettings) => {
  const study = { directory: folder, settings: asked, plan: studyPlan(asked), jobs: 1 }
  expect(await runStudy(study, silent, AbortSignal.abort())).toBe(false)
  return (await readStudy(folder))!
}

describe('the data of a study', () => {
  const relative = { ...settings, data: join('some', 'images') }

  test('is kept as an absolute path, after a resume too', async () => {
    for (const attempt of ['started', 'resumed']) {
      const study = await started(relative)
      expect(study.status, attempt).toBe('interrupted')
      expect(study.settings.data, attempt).toBe(resolve('some', 'images'))
    }
  })

  test('is the same whether its path is relative or absolute', async () => {
    const { settings: kept } = await started(relative)
    expect(() => checkSettings(folder, kept, relative)).not.toThrow()
    expect(() => checkSettings(folder, kept, { ...settings, data: 'other' })).toThrow(
      /started with another --data, expected .*images, got .*other/,
    )
  })
})
