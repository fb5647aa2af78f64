import { render } from 'preact'
import { App } from './ui/app.tsx'
import './styles.css'
import 'uplot/dist/uPlot.min.css'

render(<App />, document.getElementById('app')!)

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // Without the service worker the page still works, but it needs a network.
  navigator.serviceWorker
    .register('./service-worker.js')
    .catch((error: unknown) => console.warn(`The page will not work offline: ${String(error)}`))
}
