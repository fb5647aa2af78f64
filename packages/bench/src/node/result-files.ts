import { basename, dirname, extname, join } from 'node:path'
import { isInputError, JsonError, parseForeignJson } from '@mnist-lab/core'
import { assertWritable, createFolder, readBounded, writeFileAtomic } from '@mnist-lab/core/node'
import { renderHtml, renderMarkdown } from '@mnist-lab/report'
import { UsageError } from '@mnist-lab/terminal'
import { benchMarkdown } from '../present/result-table.js'
import type { BenchResult } from '../results/result-schema.js'
import { parseBenchResult } from '../results/upgrade.js'

/** A result with the name of its file, or with another name. */
export interface ResultFile {
  readonly file: string
  readonly result: BenchResult
}

/** The files that a bench writes. */
export interface OutputFiles {
  readonly json?: string
  readonly markdown?: string
  readonly html?: string
  readonly svg?: string
}

/** The files of one report of some results. */
export type Documents = Pick<OutputFiles, 'html' | 'markdown'>

/** The most bytes of a file with a result. A long bench writes a hundredth of it. */
const MAX_RESULT_BYTES = 2 ** 28

/**
 * Reads a saved result of the current version or of an older one that can be upgraded.
 *
 * @throws UsageError when the file cannot be read, or does not hold a result
 */
export async function readBenchFile(file: string): Promise<BenchResult> {
  const parsed = parseBenchResult(await readJson(file))
  if (parsed.ok) return parsed.result
  throw new UsageError({ where: file, what: parsed.what, hint: parsed.hint })
}

async function readJson(file: string): Promise<unknown> {
  try {
    const bytes = await readBounded(file, MAX_RESULT_BYTES)
    return parseForeignJson(bytes, { maxSize: MAX_RESULT_BYTES })
  } catch (cause) {
    if (isInputError(cause)) throw cause
    const hint = 'name a file that bench --json wrote'
    if (cause instanceof JsonError)
      throw new UsageError({ where: file, ...cause.facts, hint, cause })
    throw new UsageError({ where: file, what: `cannot be read (${reason(cause)})`, hint, cause })
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message
}

/** Writes the files that a bench was asked to write. */
export async function writeReports(
  run: ResultFile,
  { json, markdown, html, svg }: OutputFiles,
): Promise<void> {
  const { result } = run
  if (json !== undefined) await writeFileAtomic(json, `${JSON.stringify(result)}\n`)
  if (markdown !== undefined) await writeFileAtomic(markdown, benchMarkdown(result))
  if (svg !== undefined) {
    // Loading the charts takes half a second, which only a chart needs.
    const { benchChart } = await import('../present/step-chart.js')
    await writeFileAtomic(svg, benchChart(result))
  }
  if (html !== undefined) await writeDocuments([run], { html })
}

/**
 * Checks that {@link writeDocuments} can write its files.
 *
 * @throws FileError when one could not be written
 */
export async function assertDocumentsWritable({ html, markdown }: Documents): Promise<void> {
  if (html !== undefined) await assertWritable(html)
  if (markdown === undefined) return
  await assertWritable(markdown)
  await assertWritable(join(dirname(markdown), figuresOf(markdown), 'figure'), 'created')
}

/** Returns the name of the folder beside a Markdown file that holds its charts. */
function figuresOf(markdown: string): string {
  return `${basename(markdown, extname(markdown))}-figures`
}

/**
 * Writes one report of some results, as HTML and as Markdown.
 *
 * @returns descriptions of the written files, for the user
 */
export async function writeDocuments(
  results: readonly ResultFile[],
  { html, markdown }: Documents,
): Promise<string[]> {
  const { benchDocument } = await import('../present/document.js')
  const document = benchDocument(
    results.map(({ file, result }) => ({ name: basename(file, '.json'), result })),
  )
  const written: string[] = []
  if (html !== undefined) {
    await writeFileAtomic(html, renderHtml(document))
    written.push(html)
  }
  if (markdown !== undefined) {
    const folder = figuresOf(markdown)
    const report = renderMarkdown(document, folder)
    const beside = dirname(markdown)
    await createFolder(join(beside, folder))
    for (const { path, content } of report.files) await writeFileAtomic(join(beside, path), content)
    await writeFileAtomic(markdown, report.markdown)
    written.push(`${markdown} and ${report.files.length} charts in ${join(beside, folder)}`)
  }
  return written
}
