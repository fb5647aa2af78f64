import crc32c from 'crc-32/crc32c.js'

/** The number of bytes that a record adds to its data. */
const FRAME = 16

/**
 * Encodes one record of a TFRecord file: the length as a little-endian uint64, its checksum, the
 * data, their checksum. Checksums are CRC-32C, rotated and offset, because a CRC of data that
 * contains CRCs is weak.
 *
 * Source: tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(FRAME + data.length)
  const view = new DataView(record.buffer)
  // The upper half of the 64-bit length is always 0, because no array is that long.
  view.setUint32(0, data.length, true)
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, maskedChecksum(data), true)
  return record
}

/** Returns the masked CRC-32C as an unsigned 32-bit number. */
export function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
