import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isInputError } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import { compileBinding, libraryNames, libtensorflowIn } from './compile.js'
import { checkDownload, type Checksum, wrongChecksum } from '../setup/checksum.js'
import { type Wheel, WHEEL_VERSION, wheelFile, WHEELS } from './downloads.js'
import { runPython } from '../setup/run-command.js'
import type { Stage } from '../setup/stage.js'
import type { Prepared } from './prepared.js'

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
 * @param stated the SHA-256 that the user states, in place of the one in {@link WHEELS}
 * @throws UsageError when Python, pip or the index is missing, no checksum is known, or the addon
 *   cannot be compiled against the wheel
 * @throws ChecksumError when the wheel is another one than the published one
 */
export async function fromWheel(stage: Stage, stated?: Checksum): Promise<Prepared> {
  const { folder, signal, say } = stage
  const { wheel, checksum } = chosenWheel(process.platform, process.arch, stated)
  const name = `${wheel.project}==${WHEEL_VERSION}`
  const file = wheelFile(wheel)
  const wheels = join(folder, 'wheel')
  await mkdir(wheels)
  say(`downloading the wheel of ${name} with pip (about 270 MB)`)
  await pipDownload(wheel, checksum, wheels, signal)
  say(`unpacking ${file} (850 MB)`)
  const libraries = libraryNames(process.platform)[0]!
  await runPython(
    [
      '-c',
      UNPACK,
      join(wheels, file),
      wheels,
      ...libraries.map((library) => `tensorflow/${library}`),
      ...HEADERS,
    ],
    { signal, hint: 'check whether the disk is full', temporary: wheels },
  )
  const found = libtensorflowIn(join(wheels, 'tensorflow'))
  if (found === undefined)
    throw new UsageError({
      where: file,
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
 * Returns the wheel for a platform, and the checksum that it is held to.
 *
 * @throws UsageError when there is no wheel, or no checksum
 */
export function chosenWheel(
  platform: NodeJS.Platform,
  arch: string,
  stated: Checksum | undefined,
): { readonly wheel: Wheel; readonly checksum: Checksum } {
  const wheel = WHEELS[`${platform}-${arch}`]
  if (wheel === undefined) {
    throw new UsageError({
      where: `wheel of TensorFlow ${WHEEL_VERSION}`,
      what: `there is none for ${platform} ${arch}`,
      hint: 'set LIBTENSORFLOW_ROOT to a TensorFlow that you have',
    })
  }
  const checksum = stated ?? wheel.checksum
  if (checksum !== undefined) return { wheel, checksum }
  throw new UsageError({
    where: wheelFile(wheel),
    what: 'mnist-lab knows no checksum of this file, and downloads nothing unchecked',
    hint: `pass --wheel-sha256 with the SHA-256 that https://pypi.org/project/${wheel.project}/${WHEEL_VERSION}/#files shows for it`,
  })
}

/** Downloads a wheel with any Python's pip: the libraries are the same in all wheels. */
async function pipDownload(
  wheel: Wheel,
  checksum: Checksum,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const file = wheelFile(wheel)
  const requirements = join(folder, 'requirements.txt')
  await writeFile(
    requirements,
    `${wheel.project}==${WHEEL_VERSION} --hash=${checksum.algorithm}:${checksum.digest}\n`,
  )
  const where = `${file} from the pip index`
  try {
    await runPython(
      [
        '-m',
        'pip',
        'download',
        '--require-hashes',
        '--requirement',
        requirements,
        '--no-deps',
        '--only-binary=:all:',
        '--implementation=cp',
        `--python-version=${wheel.python}`,
        `--abi=cp${wheel.python.replace('.', '')}`,
        `--platform=${wheel.platform}`,
        '--disable-pip-version-check',
        '--no-input',
        '--retries=1',
        '--dest',
        folder,
      ],
      {
        signal,
        hint: 'install Python with pip (`apt install python3-pip`), and check that its index can be reached',
        temporary: folder,
      },
    )
  } catch (error) {
    const got = isInputError(error) ? refusedHash(error.cause) : undefined
    throw got === undefined ? error : wrongChecksum(where, checksum, got)
  }
  await checkDownload(join(folder, file), where, checksum, signal)
}

/** Returns the hash of a file that pip refuses, or undefined when pip says something else. */
function refusedHash(output: unknown): string | undefined {
  if (!(output instanceof Error)) return undefined
  return /do not match the hashes.*\bgot\s+([\da-f]{64})/is.exec(output.message)?.[1]
}
