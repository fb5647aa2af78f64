import { renderHtml, renderMarkdown, type ReportDocument } from '@mnist-lab/report'
import { printPdf } from '@mnist-lab/report/node'
import { printable } from '@mnist-lab/core'
import {
  assertWritable,
  createFolder,
  removeTemporaryFiles,
  writeFileAtomic,
} from '@mnist-lab/core/node'
import { dirname, join } from 'node:path'
import { pathOf } from '@mnist-lab/terminal'

const HTML = 'report.html'
const MARKDOWN = 'report.md'
const PDF = 'report.pdf'
const FIGURES = 'report-figures'

/**
 * Checks that a report can be written, before the evaluations that it needs.
 *
 * @throws FileError if one of its files could not be written
 */
export async function assertReportWritable(directory: string): Promise<void> {
  for (const file of [HTML, MARKDOWN, PDF, join(FIGURES, 'figure')])
    await assertWritable(join(directory, file), 'created')
}

/**
 * Writes a report as HTML and Markdown, and as PDF if a Chromium is found.
 *
 * @param directory is created if it is missing
 * @returns one line per file for the terminal, and the reason if there is no PDF
 * @throws FileError if a file cannot be written
 */
export async function writeReport(
  directory: string,
  document: ReportDocument,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { markdown, files } = renderMarkdown(document, FIGURES)
  await createFolder(directory)
  // Two programs may write a report here at the same time, so only old ones are removed.
  for (const folder of [directory, join(directory, FIGURES)]) await removeTemporaryFiles(folder, [])
  for (const { path, content } of files) {
    await createFolder(dirname(join(directory, path)))
    await writeFileAtomic(join(directory, path), content)
  }
  await writeFileAtomic(join(directory, MARKDOWN), markdown)
  const page = join(directory, HTML)
  await writeFileAtomic(page, renderHtml(document))
  const pdf = await printPdf(page, join(directory, PDF), { signal })
  signal.throwIfAborted()
  return [
    `report  ${pathOf(page)}`,
    `        ${pathOf(join(directory, MARKDOWN))}`,
    pdf.status === 'written'
      ? `        ${pathOf(pdf.path)}`
      : `        no PDF: ${pdf.status === 'failed' ? printable(`${pdf.chromium}: ${pdf.reason}`) : `no Chromium was found; ${pdf.hint}`}`,
  ]
}
