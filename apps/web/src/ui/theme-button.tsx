import { effect, signal } from '@preact/signals'

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const KEY = 'mnist-lab-theme'

export const theme = signal<Theme>(remembered())

effect(() => {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
  try {
    localStorage.setItem(KEY, theme.value)
  } catch {
    // Storage is turned off: the choice holds for this visit.
    return
  }
})

function remembered(): Theme {
  try {
    return THEMES.find((name) => name === localStorage.getItem(KEY)) ?? 'auto'
  } catch {
    // Storage is turned off.
    return 'auto'
  }
}

export function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        theme.value = next
      }}
      aria-label={`Colours: ${theme.value}; change to ${next}`}
    >
      {{ auto: '◐ Auto', light: '☀ Light', dark: '☾ Dark' }[theme.value]}
    </button>
  )
}
