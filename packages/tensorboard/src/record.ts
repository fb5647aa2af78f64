import crc32c from 'crc-32/crc32c.js'

/** Bytes that a record is longer than its data. */
const FRAME = 16

/**
 * One record of a TFRecord file: the length as a little-endian uint64, its checksum, the data, their checksum. Checksums are
 * CRC-32C, turned and shifted, so that a checksum of data that holds checksums is none of theirs.
 *
 * Source: tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(FRAME + data.length)
  const view = new DataView(record.buffer)
  // Of the length's 64 bits the upper half stays 0: no array is that long.
  view.setUint32(0, data.length, true)
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, maskedChecksum(data), true)
  return record
}

/** @returns an unsigned 32-bit number */
export function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
