import { describe, expect, test } from 'vitest'
import { decodePicture, FOREIGN_FORMATS } from '../../src/node/pictures/picture-formats.js'

const bytes = (text: string) => Buffer.from(text, 'latin1')

/** The beginning of a file of each format, as programs write it. */
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  'an empty file': [''],
  'a HEIC file, as iPhones write them': [
    '\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHBheic',
    '\0\0\0\x18ftypmif1\0\0\0\0mif1heic',
    '\0\0\0\x18ftyphevc\0\0\0\0',
  ],
  'an AVIF file': ['\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf'],
  'a video': ['\0\0\0\x18ftypmp42\0\0\0\0', '\0\0\0\x14ftypqt  '],
  'a WebP file': ['RIFF\x24\0\0\0WEBPVP8 ', 'RIFF\x24\0\0\0WEBPVP8L'],
  'a GIF file': ['GIF89a\x0a\0\x0a\0', 'GIF87a\x0a\0\x0a\0'],
  'a BMP file': [
    'BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0',
    'BM\x0a\x0a\x0a\0\0\0\0\0\x8a\0\0\0\x7c\0\0\0',
  ],
  "a TIFF file or a camera's raw file": ['II*\0\x08\0\0\0', 'MM\0*\0\0\0\x08', 'II+\0\x08\0\0\0'],
  'an icon file': ['\0\0\x01\0\x01\0\x10\x10'],
  'a JPEG XL file': ['\xff\x0a\xfa\x1f', '\0\0\0\x0cJXL \x0d\x0a\x87\x0a'],
  'a JPEG 2000 file': ['\0\0\0\x0cjP  \x0d\x0a\x87\x0a', '\xff\x4f\xff\x51\0\x29'],
  'a Photoshop file': ['8BPS\0\x01'],
  'a picture of the PBM, PGM or PPM format': ['P5\n28 28\n255\n', 'P2 2 2 255'],
  'a PDF file': ['%PDF-1.7\n%\xe2\xe3', '\r\n%PDF-1.4'],
  'a PostScript file': ['%!PS-Adobe-3.0 EPSF-3.0'],
  'an SVG file': [
    '<svg xmlns="http://www.w3.org/2000/svg">',
    '\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg>',
  ],
  'a web page': ['<!DOCTYPE html>\n<html>', '\n<html lang="en">'],
  "a file of MNIST's images or labels": ['\0\0\x08\x03\0\0\x27\x10', '\0\0\x08\x01\0\0\x27\x10'],
}

describe('a picture in another format', () => {
  test('has an example here, whatever the format', () => {
    expect(Object.keys(BEGINNINGS)).toEqual(FOREIGN_FORMATS.map(({ name }) => name))
  })

  test.each(FOREIGN_FORMATS)('is called $name, and the hint says what to do', async (format) => {
    for (const text of BEGINNINGS[format.name]!) {
      await expect(decodePicture(bytes(text), 'a.png')).rejects.toThrow(
        `a.png: ${format.name}, expected a PNG or JPEG file; ${format.hint}`,
      )
    }
  })
})

test.each([
  ['text', 'Big and BM and P5 in a text'],
  ['a cut signature of PNG', '\x89PNG'],
  ['a cut signature of JPEG', '\xff\xd8'],
  ['zeros', '\0'.repeat(40)],
])('%s is no picture', async (_, text) => {
  await expect(decodePicture(bytes(text), 'a.png')).rejects.toThrow(
    'a.png: not a picture in a known format, expected a PNG or JPEG file; save it as PNG or JPEG',
  )
})
