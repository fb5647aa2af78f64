import { RUN_FILES, type RunFiles, TrainError } from '@mnist-lab/train'

const MEND = `choose the folder's files, ${Object.values(RUN_FILES).join(', ')}, or a .zip of them`

/** A run's folder as a .zip, not compressed: weights do not get smaller. */
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
 * A run from what the user chose: its files, or a .zip with them in any folder.
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
      what: `there is no ${RUN_FILES.run} in it`,
      hint: MEND,
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
    throw new TrainError({ where: name, what: 'the .zip is damaged', hint: MEND, cause })
  }
}
