// The package's own types describe only its other module.
declare module 'crc-32/crc32c.js' {
  const crc32c: {
    /** CRC-32C (Castagnoli) as a signed number. */
    readonly buf: (bytes: Uint8Array, seed?: number) => number
  }
  export default crc32c
}
