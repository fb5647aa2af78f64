import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isInputError } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import { compileBinding, libraryNames, libtensorflowIn } from './compile.js'
import { runPython } from './run-command.js'
import type { Prepared, Stage } from './stage.js'

/** The newest TensorFlow that was tested with the addon. */
const TENSORFLOW = '2.21.0'

/**
 * Unpacks the files of a wheel whose names start with one of the arguments. Python checks their
 * CRCs.
 */
const UNPACK = `
import sys, zipfile
wheel, target, *starts = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(tuple(starts)):
            archive.extract(name, target)
`

/** The folders of all headers that the C API includes. */
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/', 'xla/tsl/'].map(
  (folder) => `tensorflow/include/${folder}`,
)

/**
 * Compiles the addon against TensorFlow's Python wheel, which pip downloads from its configured
 * index.
 *
 * Only the two libraries and the C headers are unpacked, and the headers are removed after the
 * addon has been compiled. Python never runs this TensorFlow.
 *
 * @throws UsageError when Python, pip or the index is missing, or the addon cannot be compiled
 *   against the wheel
 */
export async function fromWheel(stage: Stage): Promise<Prepared> {
  const { folder, signal, say } = stage
  const wheels = join(folder, 'wheel')
  await mkdir(wheels)
  // On other platforms the plain package has no GPU libraries.
  const name = `${process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${TENSORFLOW}`
  say(`downloading the wheel of ${name} with pip (about 270 MB)`)
  await pipDownload(name, wheels, signal)
  const wheel = (await readdir(wheels)).find((file) => file.endsWith('.whl'))
  if (wheel === undefined)
    throw new UsageError({
      where: 'pip',
      what: `it did not download a wheel of ${name}`,
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
    'check whether the disk is full',
  )
  const found = libtensorflowIn(join(wheels, 'tensorflow'))
  if (found === undefined)
    throw new UsageError({
      where: wheel,
      what: 'the libraries and headers are missing',
      hint: 'check the pip index',
    })
  // The addon looks for the libraries in its own folder.
  const beside = await Promise.all(
    found.libraries.map(async (library) => {
      const target = join(folder, basename(library))
      await rename(library, target)
      return target
    }),
  )
  const built = await compileBinding({ ...found, libraries: beside }, stage)
  await rm(wheels, { recursive: true })
  return { ...built, source: `the wheel ${name}` }
}

/**
 * Downloads the wheel for the installed Python, or else for a common version: the libraries in them
 * are the same.
 */
async function pipDownload(name: string, folder: string, signal: AbortSignal): Promise<void> {
  const hint =
    'install Python with pip (`apt install python3-pip`), and check that its index can be reached'
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
