// This is the script of the page that `bench --in=chromium` opens for each repetition.
import type { CellRequest } from '../measure/cell-report.js'
import { reportText } from './report-text.js'
import { runCellInWorker } from './run-in-worker.js'

declare global {
  /**
   * Runs a cell, for the program that drives the browser.
   *
   * @returns a report as `reportText` writes it
   */
  var measureCellHere: ((request: CellRequest) => Promise<string>) | undefined
}

globalThis.measureCellHere = async (request) =>
  reportText(
    await runCellInWorker(
      () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
      {
        request,
        dataUrl: new URL('mnist/', document.baseURI).href,
        dataSuffix: '',
        wasmUrl: new URL('tfjs-wasm/', document.baseURI).href,
      },
    ),
  )
