// The page that `bench --in=chromium` opens, one for each repetition.
import type { CellRequest } from '../measure/cell-report.js'
import { reportText } from '../present/report-text.js'
import { runCellInWorker } from './run-cell.js'

declare global {
  /** Called by the program that drives the browser. @returns a report as `reportText` writes it */
  var measureCellHere: ((request: CellRequest) => Promise<string>) | undefined
}

globalThis.measureCellHere = async (request) =>
  reportText(
    await runCellInWorker(
      () => new Worker(new URL('./cell-worker.js', import.meta.url), { type: 'module' }),
      {
        request,
        dataUrl: new URL('mnist/', document.baseURI).href,
        dataSuffix: '',
        wasmUrl: new URL('tfjs-wasm/', document.baseURI).href,
      },
    ),
  )
