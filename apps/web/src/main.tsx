import { render } from 'preact'
import { App } from './ui/app.tsx'
import './styles.css'
import 'uplot/dist/uPlot.min.css'

render(<App />, document.getElementById('app')!)

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // Without it the page works all the same, but not without a network.
  navigator.serviceWorker
    .register('./service-worker.js')
    .catch((error: unknown) => console.warn(`no offline use: ${String(error)}`))
}
