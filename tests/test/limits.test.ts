// Foreign input has limits only if all of it comes through the functions that have them.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { all, ROOT } from './support/workspace.js'

const sources = all.flatMap(({ directory }) =>
  readdirSync(join(directory, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
)
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const filesWith = (call: RegExp) => sources.filter((file) => call.test(textOf(file))).sort()

test('JSON is parsed by one function, except for what we wrote ourselves', () => {
  expect(filesWith(/\bJSON\.parse\(/)).toEqual([
    // Requests of the bench to processes that it has started itself.
    'packages/bench/src/node/peers/backend-peer.ts',
    'packages/bench/src/remote/remote-engine.ts',
    'packages/core/src/foreign-json.ts',
    // The package.json of the program itself.
    'packages/terminal/src/command.ts',
  ])
})

test('files are read by one function, except for those of the system and our own', () => {
  expect(filesWith(/\breadFile(?:Sync)?\(/)).toEqual([
    // It is measured first.
    'packages/backends/src/native/installation.ts',
    // The kernel's own files in /proc and /sys.
    'packages/backends/src/native/load-native.ts',
    'packages/bench/src/node/environment.ts',
    // Inputs that the bench has written for the process.
    'packages/bench/src/node/peers/backend-peer.ts',
    // The kernel's own file in /proc.
    'packages/bench/src/node/runtimes/remote/line-link.ts',
    // The decoder's own module.
    'packages/data/src/node/pictures/jpeg.ts',
    // A file system in memory.
    'packages/models/src/formats/hdf5.ts',
    'packages/terminal/src/command.ts',
  ])
})

test('the page of limits names constants that exist', () => {
  const named = [...textOf('docs/limits.md').matchAll(/`(\w+)` in `([\w./-]+)`/g)]
  expect(named.length).toBeGreaterThan(30)
  for (const [, name, file] of named)
    expect(textOf(file!), `${name} in ${file}`).toMatch(
      new RegExp(`const ${name}\\b|function ${name}\\b`),
    )
})
