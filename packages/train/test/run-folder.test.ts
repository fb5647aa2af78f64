import { randomUUID } from 'node:crypto'
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import type * as FileSystem from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RUN_SCHEMA, type RunResult } from '../src/run-schema.js'
import { InputError, isInputError } from '@mnist-lab/core'
import { writeSafetensors } from '@mnist-lab/models'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRun, openRun, resumeRun } from '../src/node.js'
import { writeFileAtomic } from '@mnist-lab/core/node'
import { collect, endOf, plan, rejection, smallRun, spec } from './small-run.js'

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof FileSystem>()
  return {
    ...actual,
    open: vi.fn(actual.open),
    rename: vi.fn(actual.rename),
    access: vi.fn(actual.access),
  }
})

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-lab-train-'))
})
afterEach(async () => {
  vi.clearAllMocks()
  await rm(root, { recursive: true })
})

const run: RunResult = {
  schema: RUN_SCHEMA,
  status: 'completed',
  model: { ...spec },
  plan,
  initialWeights: 'pytorch',
  epochsPlanned: 3,
  dataset: { name: 'small', trainSamples: 45, validationSamples: 12 },
  backend: { backend: 'null', versions: {}, device: 'none', simd: 'none', threads: 1, notes: [] },
  environment: { cores: 2 },
  epochs: [],
}

function failing(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: mocked`), { code })
}

test('the files of a run are read back as they were written', async () => {
  const { checkpoint, epochs } = endOf(await collect(await smallRun()))
  const folder = await createRun(join(root, 'runs', 'a'))
  const whole = { ...run, epochs: [...epochs] }
  await folder.writeRun(whole)
  await folder.writeWeights(checkpoint.state.weights)
  await folder.writeCheckpoint(checkpoint)
  expect(await openRun(folder.directory)).toEqual({
    run: whole,
    spec,
    weights: checkpoint.state.weights,
    checkpoint,
  })
  expect((await readdir(folder.directory)).sort()).toEqual([
    'checkpoint.safetensors',
    'run.json',
    'weights.safetensors',
  ])
})

test('a run without final weights has the weights of its checkpoint', async () => {
  const { checkpoint } = endOf(await collect(await smallRun({ epochs: 1 })))
  const folder = await createRun(join(root, 'a'))
  await folder.writeRun({ ...run, status: 'interrupted' })
  await expect(openRun(folder.directory)).rejects.toThrow(
    'weights.safetensors: no such file, and no checkpoint; ',
  )
  await folder.writeCheckpoint(checkpoint)
  expect((await openRun(folder.directory)).weights).toEqual(checkpoint.state.weights)
})

test('an earlier run is moved aside, never overwritten', async () => {
  const directory = join(root, 'a')
  for (const status of ['completed', 'interrupted', 'running'] as const) {
    const folder = await createRun(directory)
    await folder.writeRun({ ...run, status })
    await folder.release()
  }
  const statusOf = async (name: string) =>
    (JSON.parse(await readFile(join(root, name, 'run.json'), 'utf8')) as RunResult).status
  expect((await readdir(root)).sort()).toEqual(['a', 'a.1', 'a.2'])
  expect(await Promise.all(['a.1', 'a.2', 'a'].map(statusOf))).toEqual([
    'completed',
    'interrupted',
    'running',
  ])
  expect((await createRun(directory)).movedTo).toBe(join(root, 'a.3'))
})

test('an empty folder is used as it is', async () => {
  expect(await createRun(root)).not.toHaveProperty('movedTo')
})

test('a folder of other files is refused and not changed', async () => {
  await writeFile(join(root, 'thesis.txt'), 'mine')
  const error = await rejection(createRun(root))
  expect(error).toBeInstanceOf(InputError)
  expect(error.message).toBe(
    `${root}: the folder holds files that do not belong to a run, expected an empty folder, or a path that does not exist, got thesis.txt; choose another folder`,
  )
  expect(await readFile(join(root, 'thesis.txt'), 'utf8')).toBe('mine')
})

test('a file in the folder’s place or in its path is refused', async () => {
  const file = join(root, 'file')
  await writeFile(file, '')
  for (const path of [file, join(file, 'a'), join(file, 'a', 'b')]) {
    const error = await rejection(createRun(path))
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toContain(
      ': a part of the path is a file (ENOTDIR); choose another folder',
    )
  }
})

test('a folder that may not be written to is refused before training', async () => {
  const { access } = await import('node:fs/promises')
  vi.mocked(access).mockRejectedValueOnce(failing('EACCES'))
  await expect(createRun(join(root, 'a'))).rejects.toThrow(
    ': permission denied (EACCES); choose a folder that is yours',
  )
})

test('if the disk fills up in the middle of a file, the old file stays and no temporary file remains', async () => {
  const actual = await vi.importActual<typeof FileSystem>('node:fs/promises')
  const file = join(root, 'run.json')
  await writeFileAtomic(file, 'old')
  vi.mocked(open).mockImplementationOnce(async (...parameters) => {
    const handle: FileHandle = await actual.open(...parameters)
    handle.writeFile = async () => {
      await handle.write('ne')
      throw failing('ENOSPC')
    }
    return handle
  })
  const error = await rejection(writeFileAtomic(file, 'new'))
  expect(error).toBeInstanceOf(InputError)
  expect(error.message).toBe(
    `${file}: the disk is full (ENOSPC); free some space or choose another folder`,
  )
  expect(error.cause).toMatchObject({ code: 'ENOSPC' })
  expect([await readdir(root), await readFile(file, 'utf8')]).toEqual([['run.json'], 'old'])
})

test('no temporary file remains after a failed rename, a missing folder or a folder in the place of the file', async () => {
  vi.mocked(rename).mockRejectedValueOnce(failing('EPERM'))
  await expect(writeFileAtomic(join(root, 'a'), 'x')).rejects.toThrow('permission denied (EPERM)')
  await expect(writeFileAtomic(join(root, 'none', 'a'), 'x')).rejects.toThrow(
    'no such file or folder (ENOENT)',
  )
  await writeFile(join(root, 'file'), '')
  await expect(writeFileAtomic(join(root, 'file', 'a'), 'x')).rejects.toThrow(
    'a part of the path is a file (ENOTDIR)',
  )
  await rm(join(root, 'file'))
  await mkdir(join(root, 'folder'))
  await expect(writeFileAtomic(join(root, 'folder'), 'x')).rejects.toBeInstanceOf(InputError)
  expect(await readdir(root)).toEqual(['folder'])
})

test('a shorter file replaces a longer one completely', async () => {
  const file = join(root, 'a')
  await writeFileAtomic(file, 'a long text')
  await chmod(file, 0o644)
  await writeFileAtomic(file, Uint8Array.of(1, 2))
  expect((await stat(file)).size).toBe(2)
})

test.each<[string, unknown, string]>([
  [
    'a figure that is text',
    { ...run, epochsPlanned: 'three' },
    'run.json: field epochsPlanned: expected number, received string; the file is damaged',
  ],
  [
    'another schema',
    { ...run, schema: 'mnist-lab/run@9' },
    'run.json: field schema: expected "mnist-lab/run@1"; ',
  ],
  [
    'a model with an unknown layer',
    { ...run, model: { ...spec, layers: [{ type: 'lstm' }] } },
    'run.json at layers[0].type: ',
  ],
])('%s in run.json is refused by file and field', async (_, json, message) => {
  await writeFile(join(root, 'run.json'), JSON.stringify(json))
  const error = await rejection(openRun(root))
  expect(isInputError(error)).toBe(true)
  expect(error.message).toContain(message)
})

test('a folder without a run, truncated JSON and weights of another model are refused, naming the file', async () => {
  await expect(openRun(root)).rejects.toThrow(
    `${join(root, 'run.json')}: no such file; name the folder of a run`,
  )
  await writeFile(join(root, 'run.json'), JSON.stringify(run).slice(0, 99))
  await expect(openRun(root)).rejects.toThrow('run.json: not JSON (')
  await writeFileAtomic(join(root, 'run.json'), JSON.stringify(run))
  const { checkpoint } = endOf(await collect(await smallRun({ epochs: 1 })))
  await writeFileAtomic(
    join(root, 'weights.safetensors'),
    writeSafetensors(checkpoint.state.weights.slice(1)),
  )
  await expect(openRun(root)).rejects.toThrow(
    `${join(root, 'weights.safetensors')}: expected 4 tensors, got 3; `,
  )
  await writeFile(join(root, 'weights.safetensors'), 'not safetensors at all')
  await expect(openRun(root)).rejects.toThrow(/weights\.safetensors: the header is too long/)
})

test('a run that another process has trained since its checkpoint was read is not resumed', async () => {
  const [early, late] = await Promise.all(
    [1, 2].map(async (epochs) => endOf(await collect(await smallRun({ epochs }))).checkpoint),
  )
  const directory = join(root, 'a')
  const folder = await createRun(directory)
  await folder.writeCheckpoint(early!)
  await expect(resumeRun(directory, early!)).rejects.toThrow(/is using this folder; wait until/)
  await folder.writeCheckpoint(late!)
  await folder.release()
  await expect(resumeRun(directory, early!)).rejects.toThrow(
    `${directory}: another process has trained this run in the meantime; resume again`,
  )
  // The refusal has released the folder.
  await (await resumeRun(directory, late!)).release()
})

test('temporary files that a killed process left are no files of others, and are removed', async () => {
  const directory = join(root, 'a')
  const orphan = (file: string) => join(directory, `.${file}.${randomUUID()}.tmp`)
  await mkdir(directory)
  await writeFile(orphan('run.json'), '{')
  const folder = await createRun(directory)
  expect(folder).not.toHaveProperty('movedTo')
  expect(await readdir(directory)).toEqual([])
  const { checkpoint } = endOf(await collect(await smallRun({ epochs: 1 })))
  await folder.writeCheckpoint(checkpoint)
  await folder.release()
  for (const file of ['run.json', 'weights.safetensors', 'checkpoint.safetensors'])
    await writeFile(orphan(file), '')
  await (await resumeRun(directory, checkpoint)).release()
  expect(await readdir(directory)).toEqual(['checkpoint.safetensors'])
})
