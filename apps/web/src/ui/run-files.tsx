import { open, save } from '../lab.ts'
import { phase, refusals, saving } from '../state.ts'

/** Saves the current run to a file, and opens a run from its files. */
export function RunFiles() {
  const { save: saveRefusal, open: openRefusal } = refusals.value
  // When both actions are refused for the same reason, it is shown once.
  const reasons = [...new Set([saveRefusal, openRefusal])].filter((text) => text !== undefined)
  return (
    <section class="card" aria-labelledby="files-title">
      <h2 id="files-title">Save and open</h2>
      <p class="hint">
        The page reads and writes the files of <code>mnist train</code>. Training that continues
        from them gives the same bits as training without a break.
      </p>
      <div class="buttons">
        <button
          type="button"
          disabled={saveRefusal !== undefined}
          aria-describedby="files-reason"
          onClick={() => void save()}
        >
          {saving.value ? 'Saving …' : 'Save as .zip'}
        </button>
        <label class={openRefusal === undefined ? 'button' : 'button disabled'}>
          {phase.value === 'reading' ? 'Opening …' : 'Open …'}
          <input
            type="file"
            multiple
            accept=".zip,.json,.safetensors"
            disabled={openRefusal !== undefined}
            aria-describedby="files-reason"
            onChange={({ currentTarget }) => {
              const chosen = [...(currentTarget.files ?? [])]
              // This lets the user choose the same file again.
              currentTarget.value = ''
              void open(chosen)
            }}
          />
        </label>
      </div>
      <p class="hint" id="files-reason" hidden={reasons.length === 0}>
        {reasons.join(' ')}
      </p>
    </section>
  )
}
