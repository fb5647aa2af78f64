import { announcement, backends, current, isolated, problem } from '../state.ts'
import { Comparison } from './comparison.tsx'
import { Controls } from './controls.tsx'
import { Curves } from './curves.tsx'
import { Drawing } from './drawing.tsx'
import { ConfusionMatrix, FirstLayer } from './inspection.tsx'
import { RunFiles } from './run-files.tsx'
import { SettingsForm } from './settings-form.tsx'
import { ThemeButton } from './theme.tsx'

/** The page. */
export function App() {
  return (
    <>
      <header class="masthead">
        <img src="./icon.svg" alt="" width="40" height="40" />
        <div>
          <h1>mnist-lab</h1>
          <p>
            Train a neural network on handwritten digits in this tab, and draw digits for it while
            it trains.
          </p>
        </div>
        <ThemeButton />
      </header>
      <main>
        <div class="side">
          <SettingsForm />
          <RunFiles />
        </div>
        <div class="stage">
          <Problem />
          {backends.value.length > 0 && !isolated.value && (
            <p class="notice">
              Training uses one thread, because this page’s host does not send the headers
              Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy, which threads need.
            </p>
          )}
          <Controls />
          <Curves />
          <Drawing />
          <FirstLayer />
          <ConfusionMatrix />
          <Comparison />
        </div>
      </main>
      <footer>
        <p>The page sends nothing: your runs and drawings stay on your machine.</p>
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
  const { message, fixable } = problem.value
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{fixable ? 'That did not work.' : 'Something went wrong.'}</strong> {message}
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
