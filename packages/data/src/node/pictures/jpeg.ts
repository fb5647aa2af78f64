import decodePixels, { init } from '@jsquash/jpeg/decode.js'
import type { RgbaImage } from '../../prepare-digit.js'
import { DataError } from '../../data-error.js'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { checkPictureSize } from './picture-size.js'

/**
 * The most scans of a picture. A progressive picture has about ten, and the decoder goes over all
 * pixels for each of them.
 */
export const MAX_SCANS = 100
/**
 * The most bytes that may stand between two parts of a file without being read, as some cameras
 * leave them. More of them mean that the pixels are damaged.
 */
const MAX_PADDING = 16

// The second byte of each marker.
const [START, END, SCAN] = [0xd8, 0xd9, 0xda]
/** Markers without a segment of their own: the restarts within pixels, and one for private use. */
const isBare = (marker: number) => (marker >= 0xd0 && marker <= 0xd7) || marker === 0x01
/** Frame headers are the markers from C0 to CF, but for three that hold tables. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
/** The kinds of frames that the decoder knows: baseline, extended and progressive. */
const DECODABLE_FRAMES = [0xc0, 0xc1, 0xc2]

const PADDING = /(\d+) extraneous bytes before marker/

/**
 * Decodes a JPEG file, and turns the picture as the orientation in its EXIF data says. The size and
 * the structure of the file are checked before the decoder sees it. What stands behind the picture,
 * such as the second picture of some telephones, is left out.
 *
 * @param bytes a file that begins with a marker of JPEG
 * @param path for errors
 * @throws DataError when the file is damaged or too large, or is of a kind that is not supported,
 * and where Node.js has no WebAssembly
 */
export async function decodeJpeg(bytes: Buffer, path: string): Promise<RgbaImage> {
  const picture = checkedPicture(bytes, path)
  const said: string[] = []
  if (!('WebAssembly' in globalThis))
    throw new DataError({
      where: path,
      what: 'the decoder of JPEG pictures needs WebAssembly, and this Node.js has none',
      hint: 'save the picture as PNG, or start Node.js without --jitless',
    })
  const module = await decoderModule()
  let image: RgbaImage
  try {
    // Every picture gets a decoder with a memory of its own, so an error of one leaves nothing
    // behind for the next. `decodePixels` takes the decoder of the latest `init`, therefore
    // nothing may come between the two calls.
    const [, decoded] = await Promise.all([
      init({
        printErr: (line: string) => said.push(line),
        instantiateWasm(
          imports: WebAssembly.Imports,
          done: (decoder: WebAssembly.Instance) => void,
        ) {
          const instance = new WebAssembly.Instance(module, imports)
          done(instance)
          return instance.exports
        },
      }),
      decodePixels(Uint8Array.from(picture).buffer, { preserveOrientation: true }),
    ])
    image = decoded
  } catch (cause) {
    if (!isGivingUp(cause)) throw cause
    throw damaged(path, said[0] ?? cause.message, cause)
  }
  const complaint = said.find((line) => !isPadding(line))
  if (complaint !== undefined) throw damaged(path, complaint)
  return image
}

let compiled: Promise<WebAssembly.Module> | undefined

/** Compiles the decoder, once. By itself it would fetch its file, which Node.js cannot do. */
function decoderModule(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')
  compiled ??= readFile(path).then((bytes) => WebAssembly.compile(bytes))
  return compiled
}

/**
 * Returns whether the decoder gave up on a picture: it ended as a program does, which is no `Error`
 * but has a message, or ran into a trap, or returned nothing.
 */
function isGivingUp(cause: unknown): cause is { readonly message: string } {
  if (cause instanceof WebAssembly.RuntimeError) return true
  const { name, message } = cause as { readonly name?: string; readonly message?: string }
  return name === 'ExitStatus' || message === 'Decoding error'
}

function isPadding(line: string): boolean {
  const bytes = PADDING.exec(line)?.[1]
  return bytes !== undefined && Number(bytes) <= MAX_PADDING
}

/**
 * Goes from marker to marker, in the same way as the decoder does.
 *
 * @returns the file up to the end of its picture
 * @throws DataError when a segment is cut off, or the frame cannot be decoded or is too large
 */
function checkedPicture(bytes: Buffer, path: string): Buffer {
  let [at, frames, scans] = [2, 0, 0]
  for (;;) {
    at = bytes.indexOf(0xff, at)
    while (bytes[at] === 0xff) at++
    const marker = at < 1 ? undefined : bytes[at++]
    if (marker === undefined) throw damaged(path, 'it ends before its last marker')
    if (marker === 0 || isBare(marker)) continue
    if (marker === END) break
    if (marker === START) throw damaged(path, 'another picture begins in it')
    const length = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 2
    if (length < 2) throw damaged(path, `a segment of ${length} bytes`)
    const segment = bytes.subarray(at + 2, at + length)
    // The size is checked first, so that it is named even if the file is cut off behind it.
    if (isFrame(marker)) {
      if (++frames > 1) throw damaged(path, 'it has two headers')
      checkFrame(marker, segment, path)
    }
    if (at + length > bytes.length) throw damaged(path, 'it ends in the middle of a segment')
    if (marker === SCAN) {
      if (frames === 0) throw damaged(path, 'its pixels have no header')
      if (++scans > MAX_SCANS) throw damaged(path, `it has more than ${MAX_SCANS} scans`)
    }
    at += length
  }
  if (scans === 0) throw damaged(path, 'it has no pixels')
  return bytes.subarray(0, at)
}

/** @param frame precision, height, width and the number of components; then their tables */
function checkFrame(marker: number, frame: Buffer, path: string): void {
  if (frame.length < 6) throw damaged(path, 'its header is too short')
  const [bitsPerSample, components] = [frame[0]!, frame[5]!]
  const [height, width] = [frame.readUInt16BE(1), frame.readUInt16BE(3)]
  if (width === 0 || height === 0) throw damaged(path, `its size is ${width}×${height}`)
  checkPictureSize({ width, height, bitsPerSample }, path)
  if (!DECODABLE_FRAMES.includes(marker))
    throw unsupported(path, 'losslessly or arithmetically coded', 'save it as baseline JPEG or PNG')
  if (bitsPerSample !== 8)
    throw unsupported(path, `of ${bitsPerSample} bits`, 'save it with 8 bits for each sample')
  if (components === 4)
    throw unsupported(path, 'with CMYK colours', 'convert it to RGB or grey, or save it as PNG')
  if (components !== 1 && components !== 3)
    throw damaged(path, `its pixels have ${components} components`)
}

function unsupported(path: string, what: string, hint: string): DataError {
  return new DataError({
    where: path,
    what: `a JPEG file ${what}, which is not supported`,
    hint,
  })
}

function damaged(path: string, why: string, cause?: unknown): DataError {
  return new DataError({
    where: path,
    what: `the JPEG file is damaged (${why})`,
    hint: 'save it again',
    ...(cause === undefined ? {} : { cause }),
  })
}
