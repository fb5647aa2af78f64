import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isInputError } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import { compileBinding } from './compile.js'
import { libraryNames, libtensorflowIn } from './libtensorflow.js'
import { runPython } from './python.js'
import type { Prepared, Stage } from './stage.js'

/** Known to work. */
const TENSORFLOW = '2.21.0'

/** Unpacks the members of a wheel whose names begin as one of the arguments says; Python checks their CRCs. */
const UNPACK = `
import sys, zipfile
wheel, target, *starts = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(tuple(starts)):
            archive.extract(name, target)
`

/** What the C interface's headers include, directly and through each other. */
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/', 'xla/tsl/'].map(
  (folder) => `tensorflow/include/${folder}`,
)

/**
 * The Python wheel of TensorFlow from the configured pip index; no Python runs it. Only the two libraries and the C headers are
 * unpacked, and the headers go when the addon is compiled.
 *
 * @throws UsageError when Python, pip or the index is missing, or the wheel cannot be compiled against
 */
export async function fromWheel(stage: Stage): Promise<Prepared> {
  const { folder, signal, say } = stage
  const wheels = join(folder, 'wheel')
  await mkdir(wheels)
  // Elsewhere the plain package has no GPU part.
  const name = `${process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${TENSORFLOW}`
  say(`downloading the wheel of ${name} with pip (about 270 MB)`)
  await pipDownload(name, wheels, signal)
  const wheel = (await readdir(wheels)).find((file) => file.endsWith('.whl'))
  if (wheel === undefined)
    throw new UsageError({
      where: 'pip',
      what: `brought no wheel of ${name}`,
      hint: 'check the pip index',
    })
  say(`unpacking ${wheel} (850 MB)`)
  const libraries = libraryNames(process.platform)[0]!
  await runPython(
    [
      '-c',
      UNPACK,
      join(wheels, wheel),
      wheels,
      ...libraries.map((library) => `tensorflow/${library}`),
      ...HEADERS,
    ],
    signal,
    'see whether the disk is full',
  )
  const found = libtensorflowIn(join(wheels, 'tensorflow'))
  if (found === undefined)
    throw new UsageError({
      where: wheel,
      what: 'does not hold the libraries and headers',
      hint: 'check the pip index',
    })
  // Beside the addon, which looks for them there.
  const beside = await Promise.all(
    found.libraries.map(async (library) => {
      const place = join(folder, basename(library))
      await rename(library, place)
      return place
    }),
  )
  const built = await compileBinding({ ...found, libraries: beside }, stage)
  await rm(wheels, { recursive: true })
  return { ...built, source: `the wheel ${name}` }
}

/** Any Python's wheel does; where there is none for the one at hand, that for a common one is taken. */
async function pipDownload(name: string, folder: string, signal: AbortSignal): Promise<void> {
  const hint =
    'install Python with pip (`apt install python3-pip`), and see that its index is within reach'
  const args = [
    '-m',
    'pip',
    'download',
    name,
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--no-input',
    '--retries',
    '1',
    '--dest',
    folder,
  ]
  try {
    await runPython(args, signal, hint)
  } catch (error) {
    if (signal.aborted || !isInputError(error) || !/No matching distribution/i.test(error.message))
      throw error
    await runPython([...args, '--python-version', '3.12'], signal, hint)
  }
}
