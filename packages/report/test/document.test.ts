import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { describe, expect, test } from 'vitest'
import {
  code,
  figure,
  heading,
  list,
  note,
  paragraph,
  renderHtml,
  probabilityBars,
  renderMarkdown,
  renderMarkdownTable,
  renderTable,
  table,
  type Block,
  type ReportDocument,
} from '../src/index.js'
import { barChart } from '../src/charts/index.js'

const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>\n'
const columns = [{ header: 'model' }, { header: 'loss', align: 'right' as const }]

const report: ReportDocument = {
  title: 'A report',
  subtitle: ['made by ', { code: 'mnist report' }],
  blocks: [
    heading(2, 'Curves'),
    paragraph([
      'It ',
      { strong: 'learns' },
      ', ',
      { emphasis: 'mostly' },
      '; see ',
      { text: 'there', link: '#curves-1' },
      '.',
    ]),
    table(
      columns,
      [
        ['lenet5', '0.1'],
        ['mlp', 'failed: exit code 1'],
      ],
      'Losses',
    ),
    figure('curves', 'All losses.', ({ width } = { width: 840 }) =>
      drawing.replace('10', String(width)),
    ),
    heading(3, 'Curves'),
    list(['one', 'two']),
    list(['first', 'second'], true),
    code('a < b'),
    note('mind'),
    note('do not', 'warning'),
  ],
}

describe('renderHtml', () => {
  const html = renderHtml(report)

  test('is one page without scripts that loads nothing', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).toContain('default-src &#39;none&#39;')
    expect(html).not.toMatch(/unsafe-inline|unsafe-eval/)
    expect(html).not.toMatch(/<script|<link|src=|@import|url\((?!#)/)
  })

  test('has every block', () => {
    for (const part of [
      '<title>A report</title>',
      '<h1>A report</h1>',
      'made by <code>mnist report</code>',
      '<h2 id="curves">Curves</h2>',
      '<h3 id="curves-1">Curves</h3>',
      '<strong>learns</strong>',
      '<em>mostly</em>',
      '<a href="#curves-1">there</a>',
      '<p class="caption">Losses</p>',
      'role="region" aria-label="Losses"',
      '<th scope="col" class="right">loss</th>',
      '<td class="right">0.1</td>',
      '<figcaption>All losses.</figcaption>',
      '<li>one</li>',
      '<ol>\n<li>first</li>',
      '<code>a &lt; b</code>',
      '<aside class="warning"><strong>Warning.</strong> do not</aside>',
    ])
      expect(html).toContain(part)
  })

  test('has a table of contents that leads to the headings', () => {
    expect(html).toContain(
      '<li class="level-2"><a href="#curves">Curves</a></li>\n<li class="level-3"><a href="#curves-1">Curves</a></li>',
    )
  })

  test('has a drawing for a wide screen and one for a telephone', () => {
    expect(html).toMatch(
      /<div class="wide"><svg[^>]*width="840"[\s\S]*<div class="narrow"><svg[^>]*width="360"/,
    )
  })

  test('lets the last cell of a short row span the remaining columns', () => {
    const three = [...columns, { header: 'accuracy' }]
    expect(renderHtml({ title: 't', blocks: [table(three, [['mlp', 'failed']])] })).toContain(
      '<td>mlp</td><td colspan="2" class="runs-on">failed</td>',
    )
  })

  test('has rules for print, dark screens and telephones', () => {
    for (const rule of [
      '@media print',
      '@media screen and (prefers-color-scheme:dark)',
      '@media screen and (max-width:35rem)',
    ])
      expect(html).toContain(rule)
  })
})

/** A document with one text in every place that takes text. */
function everywhere(text: string): ReportDocument {
  const parts = [
    text,
    { strong: text },
    { emphasis: text },
    { code: text },
    { text, link: text },
    { text, link: `https://example.org/${text}` },
  ]
  return {
    title: text,
    subtitle: text,
    blocks: [
      heading(2, text),
      heading(3, text),
      paragraph(text),
      paragraph(parts),
      table([{ header: text }, { header: 'b' }], [[text, parts], [text]], text),
      figure(text, text, () => drawing),
      list([text, parts]),
      code(text),
      note(text),
      note(parts, 'warning'),
    ],
  }
}

describe('whatever a text holds', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '<script>',
          '</style>',
          '"',
          "'",
          '>',
          '&lt;',
          '&',
          '-->',
          'javascript:alert(1)',
          '\n',
          '\r',
          '|',
          '`',
          '``',
          '\\',
          '*',
          '_',
          '[x](y)',
          '# ',
          '- ',
          '1. ',
          ']]>',
          ' onload=',
        ),
      )
      .map((parts) => parts.join('')),
  )
  /** What is between the tags and in the attributes must not change which tags there are. */
  const tags = (html: string) =>
    [
      ...html
        .replace(/<style>[\s\S]*?<\/style>/g, '')
        .matchAll(/<\/?([a-z][a-z0-9]*)(?: [a-z-]+(?:="[^"]*")?)*\/?>/g),
    ].map(([, name]) => name)

  test('HTML has the same elements', () => {
    const links = (html: string) => tags(html).filter((name) => name !== 'a')
    const plain = links(renderHtml(everywhere('x')))
    fc.assert(
      fc.property(hostile, (text) => {
        const html = renderHtml(everywhere(text))
        expect(links(html)).toEqual(plain)
        expect(html.replace(/<style>[\s\S]*?<\/style>/g, '').match(/</g)).toHaveLength(
          tags(html).length + 1,
        )
        for (const [, address] of html.matchAll(/href="([^"]*)"/g))
          expect(address).toMatch(/^(?:https?:\/\/|#|[\w./-])/)
        expect(html).not.toMatch(/href="\s*javascript:/i)
      }),
    )
  })

  test('Markdown has the same elements, as GitHub reads it', () => {
    const elements = (text: string) => {
      const { markdown } = renderMarkdown(everywhere(text), 'figures')
      // What would pass as HTML of our own is found too.
      const html = micromark(markdown, {
        extensions: [gfm()],
        htmlExtensions: [gfmHtml()],
        allowDangerousHtml: true,
      })
      return tags(html)
    }
    const known = new Set(elements('x'))
    // An empty text leaves no paragraph; all that is not running text is there in any case.
    const structure = (names: readonly (string | undefined)[]) =>
      names.filter((name) => !['a', 'p', 'code', 'strong', 'em'].includes(name!))
    const plain = structure(elements('x'))
    fc.assert(
      fc.property(hostile, (text) => {
        const found = elements(text)
        expect([...known]).toEqual(expect.arrayContaining([...new Set(found)]))
        expect(structure(found)).toEqual(plain)
      }),
      { numRuns: 300 },
    )
  })
})

describe('renderMarkdown', () => {
  const { markdown, files } = renderMarkdown(report, 'report-figures')

  test('has every block', () => {
    expect(markdown).toBe(`# A report

made by \`mnist report\`

## Curves

It **learns**, *mostly*; see [there](<#curves-1>).

Losses

| model | loss |
| --- | ---: |
| lenet5 | 0.1 |
| mlp | failed: exit code 1 |

![All losses.](report-figures/curves.svg)

All losses.

### Curves

- one
- two

1. first
2. second

\`\`\`
a < b
\`\`\`

> **Note.** mind

> **Warning.** do not
`)
  })

  test('returns the wide drawings as files', () => {
    expect(files).toEqual([
      { path: 'report-figures/curves.svg', content: drawing.replace('10', '840') },
    ])
  })

  test('gives two figures of one name two files', () => {
    const twice: Block[] = [
      figure('a/../b', 'x', () => drawing),
      figure('a/../b', 'y', () => drawing),
    ]
    expect(
      renderMarkdown({ title: 't', blocks: twice }, 'f').files.map(({ path }) => path),
    ).toEqual(['f/a-b.svg', 'f/a-b-2.svg'])
  })

  test('escapes the start of a paragraph', () => {
    const { markdown } = renderMarkdown(
      { title: 't', blocks: ['# a', '- b', '1. c', '---', '-0.5 d', '0.98 e'].map(paragraph) },
      'f',
    )
    expect(markdown).toBe('# t\n\n\\# a\n\n\\- b\n\n1\\. c\n\n\\---\n\n-0.5 d\n\n0.98 e\n')
  })
})

test('no text reaches a page, Markdown, a table or a chart with control characters', () => {
  const harmful = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
  const anyText = fc.string({
    unit: fc.constantFrom('\u001b', '\u009b', '\u0007', '\r', '\n', '\u202e', '`', '|', 'a', ' '),
    minLength: 1,
  })
  fc.assert(
    fc.property(anyText, (text) => {
      const svg = barChart({
        title: text,
        subtitle: [text],
        axis: { title: text },
        groups: [{ name: text, rows: [{ name: text, value: 1, note: text }] }],
      })
      const document: ReportDocument = {
        title: text,
        subtitle: text,
        blocks: [
          heading(2, text),
          paragraph([text, { strong: text }, { code: text }, { text, link: '#a' }]),
          table([{ header: text }], [[text]], text),
          figure('a', text, () => svg),
          list([text]),
          code(text),
          note(text),
        ],
      }
      const { markdown, files } = renderMarkdown(document, 'figures')
      const outputs = [
        renderHtml(document),
        markdown,
        ...files.map(({ content }) => content),
        renderTable([{ header: text }], [[text]]),
        renderMarkdownTable([{ header: text }], [[text]]),
        probabilityBars([1], [text]),
      ]
      for (const output of outputs) expect(output.replaceAll('\n', '')).not.toMatch(harmful)
    }),
    { numRuns: 50 },
  )
})
