import { strToU8, zipSync, Zip, ZipDeflate } from 'fflate'
import { expect, test } from 'vitest'
import { MAX_ZIP_ENTRIES, unzip } from '../src/unzip.ts'
import { MAX_OPENED_BYTES, unpackRun } from '../src/user-files.ts'

const options = { name: 'a.zip', wanted: ['run.json', 'b'], maxBytes: 1000, hint: 'choose another' }
const zeros = (size: number) => new Uint8Array(size)
const fileOf = (bytes: Uint8Array, name: string) =>
  new File([bytes as Uint8Array<ArrayBuffer>], name)

/** Returns a .zip that states no sizes before the contents, as programs that write to a pipe do. */
function streamed(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = []
  const archive = new Zip((_, part) => void parts.push(part))
  for (const [name, content] of Object.entries(files)) {
    const file = new ZipDeflate(name)
    archive.add(file)
    file.push(content, true)
  }
  archive.end()
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Returns a .zip whose headers state another size of its only file. */
function lying(content: Uint8Array, stated: number): Uint8Array {
  const bytes = zipSync({ 'run.json': content })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  expect(view.getUint32(22, true)).toBe(content.length)
  view.setUint32(22, stated, true)
  return bytes
}

test.each([
  ['stored', (files: Record<string, Uint8Array>) => zipSync(files, { level: 0 })],
  ['compressed', (files: Record<string, Uint8Array>) => zipSync(files)],
  ['streamed', streamed],
])('a .zip that is %s gives the files that are asked for', async (_, pack) => {
  const bytes = pack({
    'x/run.json': strToU8('{"a":1}'),
    'x/other': zeros(50_000),
    b: Uint8Array.from({ length: 700 }, (_, at) => at * 31),
  })
  const found = await unzip(bytes, options)
  expect([...found.keys()]).toEqual(['run.json', 'b'])
  expect(new TextDecoder().decode(found.get('run.json'))).toBe('{"a":1}')
  expect(found.get('b')![699]).toBe((699 * 31) % 256)
})

test.each<[string, () => Uint8Array, RegExp]>([
  [
    'states too large a size',
    () => zipSync({ b: zeros(1001) }),
    /too large, expected at most 1000/,
  ],
  ['states no size', () => streamed({ b: zeros(5_000_000) }), /its files are too large/],
  ['states a smaller size', () => lying(zeros(5_000_000), 10), /its files are too large/],
  ['states 4 GB', () => lying(zeros(10), 0xfffffffe), /its files are too large/],
  ['is too large only together', () => zipSync({ b: zeros(600), 'run.json': zeros(600) }), /large/],
  ['has one name twice', () => zipSync({ b: zeros(1), 'c/b': zeros(1) }), /two files named b/],
  [
    'has too many files',
    () =>
      zipSync(
        Object.fromEntries(
          Array.from({ length: MAX_ZIP_ENTRIES + 1 }, (_, at) => [`f${at}`, zeros(1)]),
        ),
      ),
    /a\.zip: it has too many files, expected at most 1000, got more; choose another/,
  ],
  ['is no .zip', () => zeros(3000), /the \.zip is damaged/],
  ['is empty', () => zeros(0), /the \.zip is damaged/],
])('a .zip that %s is refused in one line', async (_, make, message) => {
  await expect(unzip(make(), options)).rejects.toThrow(message)
})

test('a .zip that is cut off anywhere in its files is refused', async () => {
  const whole = zipSync({ 'run.json': Uint8Array.from({ length: 300 }, (_, at) => at ** 3) })
  const end = whole.length - 22 - 46 - 'run.json'.length
  for (let length = 0; length < end; length += 7)
    await expect(unzip(whole.subarray(0, length), options)).rejects.toThrow('the .zip is damaged')
})

test('files are measured before they are read, and each may be there once', async () => {
  const huge = Object.defineProperty(fileOf(zeros(1), 'run.json'), 'size', {
    value: MAX_OPENED_BYTES + 1,
  })
  await expect(unpackRun([huge])).rejects.toThrow('run.json: too large for this page')
  const run = fileOf(strToU8('{}'), 'run.json')
  await expect(unpackRun([run, run])).rejects.toThrow('there are two run.json')
  await expect(unpackRun([fileOf(zeros(1), 'b')])).rejects.toThrow('it does not contain run.json')
  expect(
    await unpackRun([run, fileOf(zipSync({ 'a/weights.safetensors': zeros(2) }), 'A.ZIP')]),
  ).toMatchObject({ weights: zeros(2) })
})
