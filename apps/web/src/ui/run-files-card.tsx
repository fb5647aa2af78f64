import { downloadFile } from '../download.ts'
import { busy, current, filesOfRun, openFiles, problem, unsaved } from '../lab.ts'
import { unpackRun, zipRun } from '../run-archive.ts'

/** Saving and opening runs, as `mnist train` keeps them. */
export function RunFilesCard() {
  return (
    <section class="card" aria-labelledby="files-title">
      <h2 id="files-title">Run</h2>
      <p class="hint">
        The same files as <code>mnist train</code> writes: train on, here or there, to the bit.
      </p>
      <div class="buttons">
        <button type="button" disabled={current.value === undefined} onClick={() => void save()}>
          Save as .zip
        </button>
        <label class={busy.value ? 'button disabled' : 'button'}>
          Open …
          <input
            type="file"
            multiple
            accept=".zip,.json,.safetensors"
            disabled={busy.value}
            onChange={({ currentTarget }) => void open(currentTarget)}
          />
        </label>
      </div>
    </section>
  )
}

async function save(): Promise<void> {
  const { files, name } = await filesOfRun()
  downloadFile(await zipRun(files, name), `${name}.zip`)
  unsaved.value = false
}

async function open(input: HTMLInputElement): Promise<void> {
  const chosen = [...(input.files ?? [])]
  input.value = ''
  try {
    if (chosen.length > 0) openFiles(await unpackRun(chosen))
  } catch (error) {
    problem.value = {
      message: error instanceof Error ? error.message : String(error),
      mendable: true,
    }
  }
}
