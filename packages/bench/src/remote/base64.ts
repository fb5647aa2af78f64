// Base64, written out because some JavaScript engines have neither `atob` nor `btoa`.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PAD = '='.charCodeAt(0)

const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0))
const VALUES = new Uint8Array(128)
for (const [value, code] of CODES.entries()) VALUES[code] = value

/** The characters that are turned into text at once: each is an argument of one call. */
const AT_ONCE = 8192

/** Returns bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD)
  let to = 0
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    codes[to++] = CODES[word >> 18]!
    codes[to++] = CODES[(word >> 12) & 63]!
    if (left > 1) codes[to] = CODES[(word >> 6) & 63]!
    if (left > 2) codes[to + 1] = CODES[word & 63]!
    to += 2
  }
  let text = ''
  for (let at = 0; at < codes.length; at += AT_ONCE)
    text += String.fromCharCode(...codes.subarray(at, at + AT_ONCE))
  return text
}

/** Returns the bytes of a text that {@link toBase64} wrote. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const value = (at: number) => VALUES[text.charCodeAt(at)]!
  let to = 0
  for (let at = 0; at < text.length; at += 4) {
    const word = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3)
    // JavaScript ignores what is written beyond the end of a typed array.
    bytes[to++] = word >> 16
    bytes[to++] = word >> 8
    bytes[to++] = word
  }
  return bytes
}

/** Returns the bytes of numbers as base64, in the machine's order, which is little-endian. */
export function numbersToBase64(numbers: Float32Array | Float64Array): string {
  return toBase64(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
}

/** Returns the float32 numbers of a text that {@link numbersToBase64} wrote. */
export function floatsFromBase64(text: string): Float32Array<ArrayBuffer> {
  return new Float32Array(fromBase64(text).buffer)
}
