import { DataError } from './data-error.js'

/**
 * SHA-256 in lower-case hexadecimal, through WebCrypto.
 *
 * @throws DataError where a browser hides WebCrypto because the page is not from a secure origin
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as { crypto?: typeof globalThis.crypto }).crypto?.subtle
  if (subtle === undefined) {
    throw new DataError({
      where: 'checksum',
      what: 'WebCrypto is missing',
      hint: 'open the page through https or localhost',
    })
  }
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * @param expected hexadecimal, any case
 * @throws DataError when the bytes have another SHA-256
 */
export async function verifySha256(
  bytes: Uint8Array,
  expected: string,
  name: string,
): Promise<void> {
  const got = await sha256(bytes)
  if (got === expected.toLowerCase()) return
  throw new DataError({
    where: name,
    what: 'wrong contents',
    expected: `SHA-256 ${expected.toLowerCase()}`,
    got,
    hint: 'the file is damaged or another one, download it again',
  })
}
