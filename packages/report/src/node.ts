export { type PdfOptions, type PdfOutcome, printPdf } from './node/print-pdf.js'
