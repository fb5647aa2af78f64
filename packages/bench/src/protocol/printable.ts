import { z } from 'zod'

/**
 * Returns text of another program as one line that is safe to print. Control characters, which a
 * terminal would obey, and marks that change the direction of writing become spaces.
 *
 * @param longest how many characters are kept
 */
export function printable(text: string, longest = LONGEST_TEXT): string {
  const line = text
    .slice(0, longest + 1)
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

/** Says how many characters of a text of another program are kept. */
const LONGEST_TEXT = 2000

/** A text that another program or a file has given. Parsing makes it safe to print. */
export const textSchema = z.string().overwrite((text) => printable(text))
