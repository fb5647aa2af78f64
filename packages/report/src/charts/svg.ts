import { CustomChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { format, init, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { printableLines } from '../escape.js'
import { INK, PALETTE, PAPER, svgDocument } from '../theme.js'

/** The size of a chart. */
export interface ChartSize {
  /** The width in pixels. Below 560 the chart is laid out for a telephone. @default 840 */
  readonly width?: number
  /** The height in pixels. @default what the data needs at this width */
  readonly height?: number
}

/** The default width of charts, in pixels. */
export const WIDE = 840
/** Charts below this width, in pixels, are narrow. */
const NARROW_BELOW = 560

/** Returns whether a chart of this width is laid out for a telephone. */
export function isNarrow(width: number): boolean {
  return width < NARROW_BELOW
}

/** The size of text, in pixels. */
export const FONT_SIZE = 12

/** Fonts of the same widths. ECharts knows these widths without a browser. */
export const FONT_FAMILY = 'Arial, Helvetica, Liberation Sans, sans-serif'

/** Returns the width of a line of text in pixels, with a margin of 5%. */
export function textWidth(text: string, size = FONT_SIZE): number {
  return format.getTextRect(text, `${size}px ${FONT_FAMILY}`).width * 1.05
}

/** Shortens a text to at most this many pixels, with `…` at the end. */
export function clipText(text: string, width: number, size = FONT_SIZE): string {
  if (textWidth(text, size) <= width) return text
  const letters = Array.from(text)
  while (letters.length > 1 && textWidth(`${letters.join('')}…`, size) > width) letters.pop()
  return `${letters.join('')}…`
}

/**
 * Renders an ECharts option as one self-contained SVG document, without a browser. The document has
 * no script, loads nothing, and has colours for light and dark screens and for print. The same
 * option gives the same bytes, and different charts share no id.
 *
 * @param option an option of ECharts whose colours are from the theme
 * @param title the text for screen readers
 */
export function renderSvg(
  option: EChartsCoreOption,
  { width, height, title }: { width: number; height: number; title: string },
): string {
  // Registering here and not on import keeps the import free of side effects. Repeated calls change
  // nothing.
  use([CustomChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: PAPER,
      color: [...PALETTE],
      textStyle: { fontFamily: FONT_FAMILY, fontSize: FONT_SIZE, color: INK },
      ...option,
    })
    return finish(printableLines(chart.renderToSVGString()), width, height, title)
  } finally {
    chart.dispose()
  }
}

/**
 * Removes what only an interactive chart needs, makes ids independent of earlier charts, and adds
 * the style sheet.
 */
function finish(drawn: string, width: number, height: number, title: string): string {
  // Texts are escaped, so a raw quotation mark belongs to an attribute.
  const body = drawn
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|class|pointer-events)="[^"]*"/g, '')
    // These boxes only catch the pointer.
    .replace(
      /<path[^>]* fill-opacity="0"[^>]* stroke-width="0"[^>]*><\/path>|<path d="[^"]*"(?: transform="[^"]*")? fill="none"><\/path>/g,
      '',
    )
    .replace(/(id="|url\(#)zr\d+-/g, '$1zr-')
    .replace(/^<svg[^>]*>|<\/svg>\s*$/g, '')
    .replace(/\n+/g, '\n')
    .trim()
  const prefix = `c${hash(`${width} ${height} ${body}`)}-`
  const content = body.replace(/(id="|url\(#)zr-/g, `$1${prefix}`)
  return svgDocument(width, height, title, content)
}

/** Returns a name for a content, from two 32-bit hashes like FNV-1a. */
function hash(text: string): string {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(at), 0x5bd1e995)
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36)
}
