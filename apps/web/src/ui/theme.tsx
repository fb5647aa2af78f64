import { effect, signal } from '@preact/signals'

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const STORAGE_KEY = 'mnist-lab-theme'
const LABELS: Readonly<Record<Theme, string>> = { auto: '◐ Auto', light: '☀ Light', dark: '☾ Dark' }

/** The colour theme; `auto` follows the browser. It is stored for the next visit. */
export const theme = signal<Theme>(storedTheme())

effect(() => {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
  try {
    localStorage.setItem(STORAGE_KEY, theme.value)
  } catch {
    // Storage is turned off, so the choice holds for this visit only.
    return
  }
})

function storedTheme(): Theme {
  try {
    return THEMES.find((name) => name === localStorage.getItem(STORAGE_KEY)) ?? 'auto'
  } catch {
    // Storage is turned off.
    return 'auto'
  }
}

/** Switches to the next colour theme. */
export function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        theme.value = next
      }}
      aria-label={`Colour theme: ${theme.value}. Switch to ${next}.`}
    >
      {LABELS[theme.value]}
    </button>
  )
}
