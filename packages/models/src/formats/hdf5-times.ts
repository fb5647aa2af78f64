// The times in an HDF5 file at which its objects were changed. The library cannot leave them out,
// and with them the same model would give other bytes each second. The format of an object's
// header: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, "Version 2 Data
// Object Header Prefix". Its checksum is lookup3 by Bob Jenkins.

/** `OHDR`, and the version. */
const SIGNATURE = [0x4f, 0x48, 0x44, 0x52, 2] as const
/** The flag of a header with times, and of one with two numbers behind them. */
const HAS_TIMES = 0x20
const HAS_PHASES = 0x10
const TIME_BYTES = 16

/** Sets all times in an HDF5 file to 0. */
export function withoutTimes(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = bytes.indexOf(SIGNATURE[0]); at !== -1; at = bytes.indexOf(SIGNATURE[0], at + 1)) {
    const end = endOfHeader(view, at)
    // Numbers of a dataset can look like a header, but have no checksum of one.
    if (end === undefined || view.getUint32(end, true) !== lookup3(bytes.subarray(at, end)))
      continue
    bytes.fill(0, at + 6, at + 6 + TIME_BYTES)
    view.setUint32(end, lookup3(bytes.subarray(at, end)), true)
  }
  return bytes
}

/** Returns where the checksum of a header with times stands, or undefined if there is none here. */
function endOfHeader(view: DataView, at: number): number | undefined {
  const most = view.byteLength - 4
  if (at + 6 + TIME_BYTES + 12 > most) return undefined
  if (SIGNATURE.some((byte, i) => view.getUint8(at + i) !== byte)) return undefined
  const flags = view.getUint8(at + 5)
  if ((flags & HAS_TIMES) === 0) return undefined
  const sizeAt = at + 6 + TIME_BYTES + ((flags & HAS_PHASES) === 0 ? 0 : 4)
  const sizeBytes = 1 << (flags & 3)
  if (sizeBytes > 4) return undefined
  const size =
    sizeBytes === 1
      ? view.getUint8(sizeAt)
      : sizeBytes === 2
        ? view.getUint16(sizeAt, true)
        : view.getUint32(sizeAt, true)
  const end = sizeAt + sizeBytes + size
  return end > most ? undefined : end
}

/** Returns the hash of bytes as lookup3's `hashlittle` computes it, from 0. */
function lookup3(bytes: Uint8Array): number {
  let a = (0xdeadbeef + bytes.length) | 0
  let b = a
  let c = a
  // The bytes behind the end count as 0.
  const word = (at: number) =>
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  let at = 0
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0
    b = (b + word(at + 4)) | 0
    c = (c + word(at + 8)) | 0
    a = ((a - c) | 0) ^ rotated(c, 4)
    c = (c + b) | 0
    b = ((b - a) | 0) ^ rotated(a, 6)
    a = (a + c) | 0
    c = ((c - b) | 0) ^ rotated(b, 8)
    b = (b + a) | 0
    a = ((a - c) | 0) ^ rotated(c, 16)
    c = (c + b) | 0
    b = ((b - a) | 0) ^ rotated(a, 19)
    a = (a + c) | 0
    c = ((c - b) | 0) ^ rotated(b, 4)
    b = (b + a) | 0
  }
  a = (a + word(at)) | 0
  b = (b + word(at + 4)) | 0
  c = (c + word(at + 8)) | 0
  c = ((c ^ b) - rotated(b, 14)) | 0
  a = ((a ^ c) - rotated(c, 11)) | 0
  b = ((b ^ a) - rotated(a, 25)) | 0
  c = ((c ^ b) - rotated(b, 16)) | 0
  a = ((a ^ c) - rotated(c, 4)) | 0
  b = ((b ^ a) - rotated(a, 14)) | 0
  c = ((c ^ b) - rotated(b, 24)) | 0
  return c >>> 0
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
