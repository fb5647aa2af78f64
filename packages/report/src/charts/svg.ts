import { CustomChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { format, init, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { escapeHtml } from '../escape-html.js'
import { CHART_CLASS, INK, PALETTE, PAPER, styleSheet } from '../theme.js'

/** What every chart function takes besides its data. */
export interface ChartSize {
  /** Pixels; below 560 charts are laid out for a telephone. @default 840 */
  readonly width?: number
  /** Pixels. @default what the chart finds right for its width and data */
  readonly height?: number
}

export const WIDE = 840
/** Charts below this width are narrow. */
const NARROW_BELOW = 560

export function isNarrow(width: number): boolean {
  return width < NARROW_BELOW
}

export const FONT_SIZE = 12

/** Fonts of the same widths, which ECharts knows without a browser. */
export const FONT_FAMILY = 'Arial, Helvetica, Liberation Sans, sans-serif'

/** Pixels that a line of text takes, a little more than it should. */
export function textWidth(text: string, size = FONT_SIZE): number {
  return format.getTextRect(text, `${size}px ${FONT_FAMILY}`).width * 1.05
}

/** A text in at most so many pixels, cut with `…`. */
export function clipText(text: string, width: number, size = FONT_SIZE): string {
  if (textWidth(text, size) <= width) return text
  const letters = Array.from(text)
  while (letters.length > 1 && textWidth(`${letters.join('')}…`, size) > width) letters.pop()
  return `${letters.join('')}…`
}

/**
 * One self-contained SVG document, drawn without a browser: no script, nothing loaded, colours for light and dark screens
 * and for print. The same option gives the same bytes, and no two different charts of one page share an id.
 *
 * @param option ECharts'; colours only from the theme
 * @param title what a screen reader says of it
 */
export function renderSvg(
  option: EChartsCoreOption,
  { width, height, title }: { width: number; height: number; title: string },
): string {
  // Here, not on import: repeated calls change nothing, and a program that draws nothing registers nothing.
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
    return finish(chart.renderToSVGString(), width, height, title)
  } finally {
    chart.dispose()
  }
}

/** Without what only an interactive chart needs, ids that do not depend on what was drawn before, colours as properties. */
function finish(drawn: string, width: number, height: number, title: string): string {
  // Texts are escaped: a raw quotation mark is an attribute's.
  const body = drawn
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|class|pointer-events)="[^"]*"/g, '')
    // Boxes that only catch the pointer.
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
  const root = `class="${CHART_CLASS}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${root}>\n<style>${styleSheet(content)}</style>\n${content}\n</svg>\n`
}

/** FNV-1a, 53 bits of it in two halves: a name for a content, not a secret. */
function hash(text: string): string {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(at), 0x5bd1e995)
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36)
}
