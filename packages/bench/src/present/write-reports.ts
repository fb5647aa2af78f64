import { mkdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { benchMarkdown } from './bench-table.js'
import { renderHtml, renderMarkdown } from '@mnist-lab/report'
import { writeFileAtomic } from '@mnist-lab/core/node'
import type { ComparedFile } from './comparison.js'
import type { OutputFiles } from '../protocol/options.js'

/** What a run was asked to write. */
export async function writeReports(
  run: ComparedFile,
  { json, markdown, html, svg }: OutputFiles,
): Promise<void> {
  const { result } = run
  if (json !== undefined) await writeFileAtomic(json, `${JSON.stringify(result)}\n`)
  if (markdown !== undefined) await writeFileAtomic(markdown, benchMarkdown(result))
  if (svg !== undefined) {
    // Half a second of loading that only a chart needs.
    const { benchChart } = await import('./bench-chart.js')
    await writeFileAtomic(svg, benchChart(result))
  }
  if (html !== undefined) await writeDocuments([run], { html })
}

/** @returns what was written, in words for the user */
export async function writeDocuments(
  results: readonly ComparedFile[],
  { html, markdown }: Pick<OutputFiles, 'html' | 'markdown'>,
): Promise<string[]> {
  const { benchDocument } = await import('./bench-document.js')
  const document = benchDocument(
    results.map(({ file, result }) => ({ name: basename(file, '.json'), result })),
  )
  const written: string[] = []
  if (html !== undefined) {
    await writeFileAtomic(html, renderHtml(document))
    written.push(html)
  }
  if (markdown !== undefined) {
    const folder = `${basename(markdown, extname(markdown))}-figures`
    const report = renderMarkdown(document, folder)
    const beside = dirname(markdown)
    await mkdir(join(beside, folder), { recursive: true })
    for (const { path, content } of report.files) await writeFileAtomic(join(beside, path), content)
    await writeFileAtomic(markdown, report.markdown)
    written.push(`${markdown} and ${report.files.length} charts in ${join(beside, folder)}`)
  }
  return written
}
