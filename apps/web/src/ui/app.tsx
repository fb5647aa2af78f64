import { announcement, current, isolated, offers, problem } from '../lab.ts'
import { Bench } from './bench.tsx'
import { Confusion } from './confusion.tsx'
import { Controls } from './controls.tsx'
import { Curves } from './curves.tsx'
import { Drawing } from './drawing.tsx'
import { Filters } from './filters.tsx'
import { RunFilesCard } from './run-files-card.tsx'
import { SettingsForm } from './settings-form.tsx'
import { ThemeButton } from './theme-button.tsx'

export function App() {
  return (
    <>
      <header class="masthead">
        <img src="./icon.svg" alt="" width="40" height="40" />
        <div>
          <h1>mnist-lab</h1>
          <p>
            A digit classifier, trained in this tab. Pick an engine, press Train, and draw while it
            learns.
          </p>
        </div>
        <ThemeButton />
      </header>
      <main>
        <div class="side">
          <SettingsForm />
          <RunFilesCard />
        </div>
        <div class="stage">
          <Problem />
          {offers.value.length > 0 && !isolated.value && (
            <p class="notice">
              This host sends no COOP and COEP headers, so memory is not shared between threads:
              training goes on with one.
            </p>
          )}
          <Controls />
          <Curves />
          <Drawing />
          <Filters />
          <Confusion />
          <Bench />
        </div>
      </main>
      <footer>
        <p>Nothing leaves this tab: data, training and drawings stay on your machine.</p>
        {current.value?.info.notes.map((note) => (
          <p key={note}>
            {current.value!.info.backend}: {note}
          </p>
        ))}
      </footer>
      <p class="hidden" role="status">
        {announcement.value}
      </p>
    </>
  )
}

function Problem() {
  if (problem.value === undefined) return null
  const { message, mendable } = problem.value
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{mendable ? 'That did not work.' : 'Something broke.'}</strong> {message}
      </p>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          problem.value = undefined
        }}
      >
        Dismiss
      </button>
    </div>
  )
}
