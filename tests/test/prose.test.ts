// The style of comments and prose that no formatter checks: the length of comment lines, and words
// that have a plain equivalent.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { succeed } from './support/run.js'
import { ROOT } from './support/workspace.js'

/** The most characters that a line of a comment has; Prettier holds code to the same number. */
const COLUMNS = 100

const SOURCES = /\.(ts|tsx|js|mjs)$/
const TEXTS = /\.(ts|tsx|js|mjs|md|html|py|cc)$|(^|\/)package\.json$/
/** Written by programs or by earlier versions; and this file, which names the words. */
const SKIPPED = /^tests\/golden\/|\/(fixtures|generated)\/|^tests\/test\/prose\.test\.ts$/

interface Word {
  readonly pattern: RegExp
  readonly instead: string
  /** The files that may have it. */
  readonly except?: RegExp
}

/** Results of earlier versions have the old names of some fields. */
const READS_OLD_RESULTS = /^packages\/bench\/(src\/results\/upgrade|test\/golden\.test)\.ts$/

const WORDS: Readonly<Record<string, Word>> = {
  seam: { pattern: /\bseams?\b/i, instead: 'interface' },
  mend: { pattern: /\bmend(s|ed|ing)?\b/i, instead: 'hint, or repair' },
  remedy: { pattern: /\bremed(y|ies)\b/i, instead: 'hint', except: READS_OLD_RESULTS },
  glance: { pattern: /\bglanc(e|es|ed|ing)\b/i, instead: 'sample, or look' },
  'way-own': { pattern: /\bway-?own\b/i, instead: 'from-system' },
  crew: { pattern: /\bcrews?\b/i, instead: 'pool, or threads' },
  'to the bit': { pattern: /\bto the bit\b/i, instead: 'bit for bit, or the same bits' },
  'shall have': { pattern: /\bshall have\b/i, instead: 'has, or should have' },
  'upstream’s': { pattern: /\bupstream['’]s\b/i, instead: 'TensorFlow.js’s own' },
}

/**
 * Returns the words of a text that must not come back, each with its line and what to say instead.
 * Phrases are found across the end of a line too.
 */
function unwantedWords(path: string, text: string): string[] {
  return Object.entries(WORDS).flatMap(([word, { pattern, instead, except }]) => {
    if (except?.test(path) === true) return []
    const phrase = new RegExp(
      pattern.source.replaceAll(' ', String.raw`\s+(?:(?:\*|//)\s+)?`),
      'gi',
    )
    return [...text.matchAll(phrase)].map(
      ({ index }) => `${path}:${lineAt(text, index)}: "${word}"; say ${instead}`,
    )
  })
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/** Returns the lines of comments that are too long and could be broken. */
function longComments(path: string, text: string): string[] {
  let isInside = false
  return text.split('\n').flatMap((line, at) => {
    const start = /^\s*(\/\/|\/\*|\{\/\*)/.exec(line)
    const isComment = isInside || start !== null
    if (isInside || (start !== null && start[1] !== '//')) isInside = !line.includes('*/')
    const { length } = Array.from(line)
    if (!isComment || length <= COLUMNS) return []
    // An address cannot be broken.
    const [, content] = /^\s*(?:\/\/|\/?\*+)?\s*(.*)$/.exec(line)!
    if (!/\s/.test(content!.trim())) return []
    return [`${path}:${at + 1}: ${length} characters, expected ${COLUMNS} at most`]
  })
}

let files: { readonly path: string; readonly text: string }[]
beforeAll(async () => {
  const listed = await succeed(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard'],
    ROOT,
  )
  files = listed
    .split('\n')
    .filter((path) => TEXTS.test(path) && !SKIPPED.test(path) && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
})

describe('the repository', () => {
  test('has sources and texts to check', () => {
    const paths = files.map(({ path }) => path)
    expect(paths).toContain('README.md')
    expect(paths).toContain('packages/kernels/assembly/index.ts')
    expect(paths.filter((path) => SOURCES.test(path)).length).toBeGreaterThan(100)
  })

  test(`has no comment line of more than ${COLUMNS} characters`, () => {
    const sources = files.filter(({ path }) => SOURCES.test(path))
    expect(sources.flatMap(({ path, text }) => longComments(path, text))).toEqual([])
  })

  test('says in plain words what other words said before', () => {
    expect(files.flatMap(({ path, text }) => unwantedWords(path, text))).toEqual([])
  })
})

describe('the check of comments', () => {
  const long = 'word '.repeat(20)

  test.each([
    ['a line comment', `  // ${long}`, 1],
    ['the first line of a block', `/** ${long}\n */`, 1],
    ['a line within a block', `/**\n * ${long}\n */`, 2],
    ['a line within a block without asterisks', `/*\n  ${long}x\n*/`, 2],
  ])('finds %s', (_what, text, line) => {
    expect(longComments('a.ts', text)).toEqual([
      expect.stringMatching(new RegExp(`^a\\.ts:${line}: 1\\d\\d characters`)),
    ])
  })

  test.each([
    ['code, which Prettier breaks', `const a = '${long}'`],
    ['code after a block', `/* a */\nconst a = '${long}'`],
    ['100 characters of more bytes', `// ${'é'.repeat(48)} ${'é'.repeat(48)}`],
    ['an address', ` * https://example.org/${'a'.repeat(100)}`],
  ])('lets pass %s', (_what, text) => {
    expect(longComments('a.ts', text)).toEqual([])
  })
})

describe('the check of words', () => {
  test.each([
    ['the Seam between them', 'seam'],
    ['it mended the file', 'mend'],
    ['a remedy', 'remedy'],
    ['at a glance', 'glance'],
    ['a way-own file', 'way-own'],
    ['the crew waits', 'crew'],
    ['/** the same to the\n * bit */', 'to the bit'],
    ['it shall have one', 'shall have'],
    ['upstream’s kernels', 'upstream’s'],
    ["upstream's kernels", 'upstream’s'],
  ])('finds %j', (text, word) => {
    expect(unwantedWords('a.md', text)).toEqual([`a.md:1: "${word}"; say ${WORDS[word]!.instead}`])
  })

  test('lets pass words that only contain one, and files that read old results', () => {
    expect(unwantedWords('a.md', 'seamless, amend, to the bits, upstream')).toEqual([])
    expect(unwantedWords('packages/bench/src/results/upgrade.ts', '{ remedy }')).toEqual([])
  })
})
