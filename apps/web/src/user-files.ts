import { RUN_FILES, type RunFiles, TrainError } from '@mnist-lab/train'

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
 * Returns the run's files from what the user chose: the files themselves, or a .zip that has them
 * in any folder.
 *
 * @throws TrainError when there is no run.json among them, or the .zip is damaged
 */
export async function unpackRun(chosen: readonly File[]): Promise<RunFiles> {
  const found = new Map<string, Uint8Array>()
  for (const file of chosen) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const parts = /\.zip$/i.test(file.name) ? await unzip(bytes, file.name) : { [file.name]: bytes }
    for (const [path, content] of Object.entries(parts)) found.set(path.split('/').at(-1)!, content)
  }
  const run = found.get(RUN_FILES.run)
  if (run === undefined) {
    throw new TrainError({
      where: chosen.map(({ name }) => name).join(', '),
      what: `it does not contain ${RUN_FILES.run}`,
      hint: HINT,
    })
  }
  const [weights, checkpoint] = [found.get(RUN_FILES.weights), found.get(RUN_FILES.checkpoint)]
  return {
    run,
    ...(weights === undefined ? {} : { weights }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  }
}

async function unzip(bytes: Uint8Array, name: string): Promise<Record<string, Uint8Array>> {
  const { unzipSync } = await import('fflate')
  try {
    return unzipSync(bytes)
  } catch (cause) {
    throw new TrainError({ where: name, what: 'the .zip is damaged', hint: HINT, cause })
  }
}
