// Lists of classes: one name on a line, or EMNIST's mapping of labels to characters.
import { MAX_CLASSES } from '@mnist-lab/core'
import { DataError } from '../data-error.js'

/** The longest file with the names of classes. */
export const MAX_CLASSES_BYTES = 2 ** 22
/** The longest name of a class. */
const MAX_CLASS_NAME = 200

/** The names of classes, and the label of the first one. */
export interface ClassNames {
  readonly names: readonly string[]
  /** 0, and 1 for EMNIST's letters. */
  readonly firstLabel: number
}

/**
 * Reads the names of classes. A line has the name of one class, in the order of the labels from 0
 * on; or, as in EMNIST's `…-mapping.txt`, a label and the codes of its characters.
 *
 * @param name of the file, for errors
 * @throws DataError when a line is empty or a name occurs twice, or labels are missing
 */
export function readClassNames(text: string, name: string): ClassNames {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
  while (lines.at(-1) === '') lines.pop()
  const isMapping = lines.length > 0 && lines.every((line) => /^\d+(?:\s+\d+){1,4}$/.test(line))
  if (!isMapping) return { names: checkedNames(lines, name), firstLabel: 0 }
  const entries = lines
    .map((line) => line.split(/\s+/).map(Number) as [number, ...number[]])
    .sort(([a], [b]) => a - b)
  const firstLabel = entries[0]![0]
  const stray = entries.findIndex(([label], at) => label !== firstLabel + at)
  if (stray !== -1 || firstLabel > 1)
    throw new DataError({
      where: name,
      what: 'the labels of the mapping',
      expected: 'each number from 0 or 1 on once',
      got: `${entries[Math.max(0, stray)]![0]}`,
      hint: 'correct the file',
    })
  const names = entries.map(([, ...codes]) =>
    codes.map((code) => (code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code))).join(''),
  )
  return { names: checkedNames(names, name), firstLabel }
}

/**
 * Returns the names after a check.
 *
 * @throws DataError when there are fewer than two or too many, or one is empty, too long or given
 *   twice
 */
function checkedNames(names: readonly string[], where: string): readonly string[] {
  if (names.length < 2 || names.length > MAX_CLASSES)
    throw new DataError({
      where,
      expected: `the names of 2 to ${MAX_CLASSES} classes`,
      got: `${names.length}`,
      hint: 'give one name for each class',
    })
  const seen = new Set<string>()
  for (const [at, className] of names.entries()) {
    if (className === '' || className.length > MAX_CLASS_NAME)
      throw new DataError({
        where,
        what: `the name of class ${at}`,
        expected: `1 to ${MAX_CLASS_NAME} characters`,
        got: `${className.length}`,
        hint: 'give one name for each class',
      })
    if (seen.has(className))
      throw new DataError({
        where,
        expected: 'another name for each class',
        got: `${JSON.stringify(className)} twice`,
        hint: 'rename one of them',
      })
    seen.add(className)
  }
  return names
}
