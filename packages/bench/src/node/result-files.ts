import { access, constants, mkdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { isInputError, JsonError, parseForeignJson } from '@mnist-lab/core'
import { readBounded, writeFileAtomic } from '@mnist-lab/core/node'
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

/**
 * Checks before the measurement, which takes minutes, that a file can be written afterwards.
 *
 * @throws UsageError when the file could not be written
 */
export async function assertWritable(flag: string, file: string): Promise<void> {
  const folder = dirname(resolve(file))
  try {
    await access(folder, constants.W_OK)
    if (!(await stat(folder)).isDirectory()) throw new Error('not a folder')
    if ((await stat(file).catch(() => undefined))?.isDirectory() === true)
      throw new Error(`${file} is a folder`)
  } catch (cause) {
    throw new UsageError({
      where: `${flag} ${file}`,
      what: `cannot write into ${folder} (${reason(cause)})`,
      hint: 'name a folder that exists and that you may write to',
      cause,
    })
  }
}

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
 * Writes one report of some results, as HTML and as Markdown.
 *
 * @returns descriptions of the written files, for the user
 */
export async function writeDocuments(
  results: readonly ResultFile[],
  { html, markdown }: Pick<OutputFiles, 'html' | 'markdown'>,
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
