export {
  type LaunchBrowser,
  type PdfOptions,
  type PdfOutcome,
  type PrintingBrowser,
  printPdf,
} from './node/print-pdf.js'
