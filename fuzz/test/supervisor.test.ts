import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeFindings } from '../src/findings.js'
import { bundleInstrumented } from '../src/instrumented-bundle.js'
import { fuzzTarget, type FuzzOptions } from '../src/supervisor.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnist-lab-fuzz-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const signal = new AbortController().signal
const optionsOf = (inputs: number, seconds = 5): FuzzOptions => ({
  seed: 3,
  inputs,
  milliseconds: 0,
  seconds,
  corpus: join(folder, 'corpus'),
})

describe('a child that fails on an input gives a finding, and another one goes on', () => {
  const entry = fileURLToPath(new URL('fixtures/child.mjs', import.meta.url))
  const bundle = { folder: '', entry, branches: 0 }

  test.each([
    ['hang', 'hang'],
    ['abort', 'crash'],
    ['heap', 'memory'],
  ])('%s', async (target, kind) => {
    const report = await fuzzTarget(target, bundle, optionsOf(10, 0.5), signal, () => {})
    expect(report.findings).toHaveLength(1)
    const [finding] = report.findings
    expect(finding!.fault.kind).toBe(kind)
    // Any input fails here, so the shortest one is left.
    expect(finding!.bytes.length).toBeLessThan(3)
    // Three inputs of the first process, and seven of the second, which knows the deadly one.
    expect(report).toMatchObject({ executions: 10, branches: 5, features: 6, added: 1 })
    const found = join(folder, 'findings')
    const [line] = writeFindings(found, target, report.findings)
    expect(line).toContain(`pnpm fuzz ${target} --replay=`)
    expect(readdirSync(found)).toHaveLength(2)
    const text = readdirSync(found).find((name) => name.endsWith('.txt'))!
    expect(readFileSync(join(found, text), 'utf8')).toContain(`${kind}: `)
  })
})

test('a target is fuzzed: the same seed gives the same figures, and the corpus grows', async () => {
  const bundle = await bundleInstrumented()
  try {
    const first = await fuzzTarget('idx', bundle, optionsOf(3000), signal, () => {})
    expect(first.executions).toBeGreaterThanOrEqual(3000)
    expect(first.findings).toEqual([])
    expect(first.added).toBeGreaterThan(0)
    expect(readdirSync(join(folder, 'corpus'))).toHaveLength(first.added)
    rmSync(join(folder, 'corpus'), { recursive: true })
    const second = await fuzzTarget('idx', bundle, optionsOf(3000), signal, () => {})
    expect(second).toEqual(first)
    expect(existsSync(join(folder, 'corpus'))).toBe(true)
    // It begins with what the corpus reaches, and has to find the rest.
    const third = await fuzzTarget('idx', bundle, optionsOf(0), signal, () => {})
    expect(third.branches).toBe(first.branches)
  } finally {
    rmSync(bundle.folder, { recursive: true })
  }
})
