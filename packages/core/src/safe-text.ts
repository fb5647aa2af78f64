// Text from files and other programs, made harmless for a terminal and for a file system.

/**
 * Characters that move the cursor, switch colours, break lines or reverse the direction of text:
 * the control characters, the separators of lines and paragraphs, the bidirectional controls, and
 * halves of characters, which no file can hold.
 */
const HARMFUL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/**
 * A line break with the spaces around it. A match never begins behind a space, so that a long row
 * of spaces takes no longer than other text.
 */
const LINE_BREAK = /(?<!\s)\s*\n\s*/g

/**
 * Returns a text that can be printed in one line: a line break becomes a space, and every other
 * control character is written as its number, such as `\u{1b}` for Escape. Every text from a file
 * or another program passes through this function before it is shown, unless
 * {@link printableJson} writes it.
 *
 * @param longest the most UTF-16 units of the result. A longer one is cut, with `…` behind it. A
 *   result that is passed in again stays as it is. @default no limit
 */
export function printable(text: string, longest = Number.POSITIVE_INFINITY): string {
  const safe = text
    .replace(LINE_BREAK, ' ')
    .slice(0, longest + 1)
    .replace(HARMFUL, (found) => `\\u{${hexOf(found)}}`)
  return safe.length > longest ? `${safe.slice(0, longest).replace(CUT_PAIR, '')}…` : safe
}

/**
 * Returns a value as JSON that can be printed: control characters in strings are written as
 * `\u001b`, also those that `JSON.stringify` leaves as they are.
 */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(HARMFUL, (found) => `\\u${hexOf(found).padStart(4, '0')}`)
}

/** The first half of a character whose second half was cut off. */
const CUT_PAIR = /\p{Cs}$/u

function hexOf(character: string): string {
  return character.codePointAt(0)!.toString(16)
}

/** The most bytes that {@link safeFileName} returns; a file system allows 255. */
const MOST_BYTES = 120
/** What some system does not allow in a name, or what cannot be seen or typed. */
const NOT_IN_NAMES = /[<>:"/\\|?*\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu
/** The names of devices, which Windows reserves with any extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[\d¹²³]|lpt[\d¹²³])\s*(\.|$)/i

/**
 * Returns a name for a file or folder that is valid on every system and is never a path. A name
 * that is already safe stays as it is; different names can become the same.
 *
 * @param fallback the result for a name of which nothing is left, such as `..`; itself a safe name
 */
export function safeFileName(name: string, fallback = 'unnamed'): string {
  const parts = unreserved(
    name
      .normalize('NFC')
      .replace(NOT_IN_NAMES, '-')
      .replace(/^[.\s]+/u, ''),
  )
  let short = ''
  let bytes = 0
  for (const character of parts) {
    bytes += new TextEncoder().encode(character).length
    if (bytes > MOST_BYTES) break
    short += character
  }
  // Windows drops dots and spaces at the end.
  const safe = short.replace(/[.\s]+$/u, '')
  if (safe === '' || /^-+$/.test(safe)) return fallback
  // Again, because the cut may have left such a name.
  return unreserved(safe)
}

function unreserved(name: string): string {
  return RESERVED.test(name) ? `_${name}` : name
}
