import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { all, ROOT } from './support/workspace.js'

const lock = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8')

test.each([
  'tfjs-core',
  'tfjs-backend-cpu',
  'tfjs-backend-wasm',
  'tfjs-backend-webgl',
  'tfjs-backend-webgpu',
])('there is one @tensorflow/%s, 4.22.0', (name) => {
  const versions = [...lock.matchAll(new RegExp(`@tensorflow/${name}@([\\d.]+)`, 'g'))].map(
    ([, version]) => version,
  )
  expect(new Set(versions)).toEqual(new Set(['4.22.0']))
})

test('a dependency of two packages comes from the catalog', () => {
  const users = new Map<string, string[]>()
  for (const { manifest } of all) {
    const { name, dependencies, devDependencies, optionalDependencies } = manifest
    for (const [dependency, range] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })) {
      if (range.startsWith('workspace:')) continue
      users.set(dependency, [...(users.get(dependency) ?? []), `${name} ${range}`])
    }
  }
  const shared = [...users].filter(([, ranges]) => ranges.length > 1)
  expect(shared.length).toBeGreaterThan(5)
  for (const [dependency, ranges] of shared) {
    expect(
      ranges.filter((range) => !range.endsWith(' catalog:')),
      dependency,
    ).toEqual([])
  }
})
