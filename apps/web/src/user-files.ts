import { RUN_FILES, type RunFiles, TrainError } from '@mnist-lab/train'
import { unzip } from './unzip.ts'

// Downloads the files of a run, and reads the files that the user chose.

const HINT = `choose the run's files (${Object.values(RUN_FILES).join(', ')}) or a .zip of them`

/** Downloads a file, as a click on a link to it does. */
export function downloadFile(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser reads the content after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/**
 * Returns a .zip with the run's files in a folder. They are not compressed, because compression
 * hardly makes weights smaller.
 */
export async function zipRun(files: Required<RunFiles>, folder: string): Promise<Blob> {
  const { zipSync } = await import('fflate')
  const entries = Object.entries(RUN_FILES).map(
    ([key, name]) => [`${folder}/${name}`, files[key as keyof RunFiles]] as const,
  )
  return new Blob([zipSync(Object.fromEntries(entries), { level: 0 }) as Uint8Array<ArrayBuffer>], {
    type: 'application/zip',
  })
}

/**
 * The most bytes of the files that the user chose, and of what a .zip among them unpacks to. A tab
 * has a few gigabytes, and the files are in memory more than once while they are opened.
 */
export const MAX_OPENED_BYTES = 2 ** 30

/**
 * Returns the run's files from what the user chose: the files themselves, or a .zip that has them
 * in any folder. Files of other names are not read.
 *
 * @throws TrainError when there is no run.json among them, a file is there twice, they are larger
 *   than {@link MAX_OPENED_BYTES}, or the .zip is damaged
 */
export async function unpackRun(chosen: readonly File[]): Promise<RunFiles> {
  const names: readonly string[] = Object.values(RUN_FILES)
  const isZip = ({ name }: File) => /\.zip$/i.test(name)
  const read = chosen.filter((file) => isZip(file) || names.includes(file.name))
  const where = chosen.map(({ name }) => name).join(', ')
  const size = read.reduce((sum, file) => sum + file.size, 0)
  if (size > MAX_OPENED_BYTES) {
    throw new TrainError({
      where,
      what: 'too large for this page',
      expected: `at most ${MAX_OPENED_BYTES} bytes`,
      got: String(size),
      hint: 'open the run in Node.js, with `mnist evaluate` or `mnist train --resume`',
    })
  }
  const found = new Map<string, Uint8Array>()
  for (const file of read) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const contents = isZip(file)
      ? await unzip(bytes, {
          name: file.name,
          wanted: names,
          maxBytes: MAX_OPENED_BYTES,
          hint: HINT,
        })
      : new Map([[file.name, bytes]])
    for (const [name, content] of contents) {
      if (found.has(name))
        throw new TrainError({ where, what: `there are two ${name}`, hint: HINT })
      found.set(name, content)
    }
  }
  const run = found.get(RUN_FILES.run)
  if (run === undefined) {
    throw new TrainError({ where, what: `it does not contain ${RUN_FILES.run}`, hint: HINT })
  }
  const [weights, checkpoint] = [found.get(RUN_FILES.weights), found.get(RUN_FILES.checkpoint)]
  return {
    run,
    ...(weights === undefined ? {} : { weights }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  }
}
