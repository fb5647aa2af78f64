// Text from files and other programs, made harmless for a terminal and for a file system.

/**
 * Characters that move the cursor, switch colours, break lines or reverse the direction of text:
 * the control characters, the separators of lines and paragraphs, and the bidirectional controls.
 */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/**
 * Returns a text that can be printed in one line: every control character is written as its number,
 * such as `\u{1b}` for Escape.
 */
export function printable(text: string): string {
  return text.replace(HARMFUL, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)
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
