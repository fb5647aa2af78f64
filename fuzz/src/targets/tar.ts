import { type RgbaImage, readTar } from '@mnist-lab/data'
import { joined } from '../mutations/mutate-bytes.js'
import type { Target } from '../target.js'

const BLOCK = 512

/** Returns a file or a folder of an archive: its header, and its content in whole blocks. */
function member(name: string, content: Uint8Array, type = '0'): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0, 'latin1')
  block.write('0000644\0', 100, 'latin1')
  block.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write(type, 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  const body = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK)
  body.set(content)
  return joined(withChecksum(block), body)
}

/** Writes the sum of a header's bytes, in which the sum itself counts as blanks. */
function withChecksum(block: Buffer): Uint8Array {
  block.write('        ', 148, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return new Uint8Array(block)
}

const END = new Uint8Array(2 * BLOCK)
const PICTURE = Uint8Array.of(2, 2, 9, 8, 7, 6)
const PAX = new TextEncoder().encode('17 path=a/1_5.png\n')

/** A picture whose first two bytes are its size, because PNG has a target of its own. */
function decode(bytes: Uint8Array): RgbaImage {
  const [width, height] = [(bytes[0] ?? 0) % 4 || 1, (bytes[1] ?? 0) % 4 || 1]
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let at = 0; at < width * height; at++) data.fill(bytes[2 + at] ?? 0, at * 4, at * 4 + 3)
  return { width, height, data }
}

/** Archives of pictures. */
export const target: Target = {
  what: 'tar archives of pictures',
  format: 'bytes',
  seeds: () => [
    joined(
      member('a/', new Uint8Array(), '5'),
      member('a/0_7.png', PICTURE),
      member('a/1_0.png', PICTURE),
      END,
    ),
    joined(member('train/1/0.png', PICTURE), member('test/1/0.png', PICTURE), END),
    joined(member('PaxHeader', PAX, 'x'), member('x.png', PICTURE), END),
    joined(
      member('classes.txt', new TextEncoder().encode('a\nb\n')),
      member('0_1.jpg', PICTURE),
      END,
    ),
    joined(
      member('././@LongLink', new TextEncoder().encode('b/2_5.png\0'), 'L'),
      member('y', PICTURE),
      END,
    ),
  ],
  words: [
    'ustar',
    'train/',
    'test/',
    '0_7.png',
    '777777777777',
    '\u0080\0\0\0',
    'classes.txt',
    '../',
    '19 path=b/3_4.png\n',
    '13 size=99999\n',
  ],
  repair,
  maxBytes: 8192,
  async run(bytes) {
    const source = async function* () {
      yield bytes.subarray(0, 700)
      yield bytes.subarray(700)
    }
    return readTar(source(), 'input', { decode })
  },
}

/** Corrects the checksum of every block that has the signature. */
function repair(bytes: Uint8Array): Uint8Array {
  const result = Buffer.from(bytes)
  for (let at = 0; at + BLOCK <= result.length; at += BLOCK) {
    const block = result.subarray(at, at + BLOCK)
    if (block.toString('latin1', 257, 262) === 'ustar') block.set(withChecksum(Buffer.from(block)))
  }
  return new Uint8Array(result)
}
