export { findChromium } from './node/find-chromium.js'
export { printPdf, type PdfOptions, type PdfOutcome } from './node/print-pdf.js'
