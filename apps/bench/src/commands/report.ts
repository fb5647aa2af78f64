import {
  createCommand,
  type Output,
  type Terminal,
  usageError,
  UsageError,
} from '@mnist-lab/terminal'
import {
  assertWritable,
  type OutputFiles,
  readBenchFile,
  writeDocuments,
} from '@mnist-lab/bench/node'

type Files = Pick<OutputFiles, 'html' | 'markdown'>

/** `bench report FILE…`: saved results as one page. */
export async function reportCommand(argv: readonly string[], { out }: Terminal): Promise<number> {
  const parsed = parse(argv, out)
  if (parsed === undefined) return 0
  const { names, files } = parsed
  for (const [flag, file] of Object.entries(files)) await assertWritable(`--${flag}`, file)
  const results = []
  for (const file of names) results.push({ file, result: await readBenchFile(file) })
  for (const path of await writeDocuments(results, files)) out.write(`${path}\n`)
  return 0
}

function parse(
  argv: readonly string[],
  out: Output,
): { names: readonly string[]; files: Files } | undefined {
  const command = createCommand(
    'bench report',
    'One page with charts and tables from saved results, as HTML and as Markdown.',
    out,
  )
    .argument('<files...>', 'that bench --json wrote')
    .option(
      '--html <file>',
      'one file that holds everything (default: bench-report.html, where --markdown is not given)',
    )
    .option('--markdown <file>', 'its charts go into a folder beside it')
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    const usage = usageError(error, 'bench report')
    if (usage === undefined) return undefined
    throw usage
  }
  const files = command.opts<Files>()
  for (const file of Object.values(files)) {
    if (command.args.includes(file))
      throw new UsageError({
        where: file,
        what: 'it is to be read and to be written',
        hint: 'write another file',
      })
  }
  return {
    names: command.args,
    files:
      files.html === undefined && files.markdown === undefined
        ? { html: 'bench-report.html' }
        : files,
  }
}
