const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Returns the bytes that a text in base64 stands for. Not every JavaScript engine has `atob`; the
 * AudioWorklet of browsers and engines outside of browsers lack it.
 *
 * @param text as the build writes it, with `=` at its end where needed
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128)
  for (let i = 0; i < DIGITS.length; i++) values[DIGITS.charCodeAt(i)] = i
  const digits = text.endsWith('==') ? text.length - 2 : text.length - (text.endsWith('=') ? 1 : 0)
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4))
  let bits = 0
  for (let i = 0, at = 0; i < digits; i++) {
    // Only the last bits matter: the ones that are shifted out have been written.
    bits = (bits << 6) | values[text.charCodeAt(i)]!
    // The first of four digits fills no byte; each of the others completes one.
    if (i % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (i % 4))
  }
  return bytes
}
