import { escapeHtml } from './escape.js'

/** A colour on light and on dark paper, and the name of its CSS property. */
interface Colour {
  readonly property: string
  readonly light: string
  readonly dark: string
}

/** All colours of charts. Print, and programs without CSS, show the light ones. */
const COLOURS: readonly Colour[] = [
  { property: 'paper', light: '#ffffff', dark: '#15181c' },
  { property: 'ink', light: '#222222', dark: '#e8e8e8' },
  { property: 'muted', light: '#555b63', dark: '#a9b0b8' },
  { property: 'rule', light: '#d9dce1', dark: '#353b43' },
  // The colours of Okabe and Ito can be told apart with any colour vision. Darker ones come first,
  // for print.
  { property: 'blue', light: '#0072b2', dark: '#3f9fe0' },
  { property: 'vermillion', light: '#d55e00', dark: '#f2803a' },
  { property: 'green', light: '#009e73', dark: '#23bd90' },
  { property: 'purple', light: '#cc79a7', dark: '#dd9bc2' },
  { property: 'orange', light: '#e69f00', dark: '#f0b62f' },
  { property: 'sky', light: '#56b4e9', dark: '#93d4fb' },
  { property: 'black', light: '#000000', dark: '#fdfdfd' },
]

const light = (name: string) => COLOURS.find(({ property }) => property === name)!.light

/** The colour of the background on light paper. */
export const PAPER = light('paper')
/** The colour of text on light paper. */
export const INK = light('ink')
/** The colour of secondary text and axes on light paper. */
export const MUTED = light('muted')
/** The colour of grid lines and borders on light paper. */
export const RULE = light('rule')

/** A text colour that does not change on dark paper. */
const ALWAYS_DARK = '#1a1a1a'

/** The colours of series in the order of use. */
export const PALETTE: readonly string[] = COLOURS.slice(4).map((colour) => colour.light)

/**
 * The shapes of points in the order of use, so that series can be told apart without colour. There
 * is one shape fewer than there are colours, so that the pairs of colour and shape repeat late.
 */
export const SYMBOLS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  // These two are a cross and an upside-down triangle.
  'path://M-1 -3h2v2h2v2h-2v2h-2v-2h-2v-2h2z',
  'path://M-3 -3h6l-3 6z',
] as const

/** Returns the colour of a series. The colours repeat when there are more series than colours. */
export function paletteColour(at: number): string {
  return PALETTE[at % PALETTE.length]!
}

/** The class of the root element of every chart, to which the rules of {@link styleSheet} apply. */
export const CHART_CLASS = 'mnist-lab-chart'

/**
 * Returns style rules for one drawing. They turn its colours into CSS properties (`--chart-blue`,
 * …) with other values on a dark screen. A page may set the properties itself on
 * `.mnist-lab-chart`.
 *
 * @param svg the drawing; only colours that occur in it get rules
 */
function styleSheet(svg: string): string {
  const used = COLOURS.filter(({ light }) => svg.includes(`"${light}"`))
  const rules = used.map(({ property, light }) =>
    ['fill', 'stroke']
      .filter((paint) => svg.includes(`${paint}="${light}"`))
      .map(
        (paint) =>
          `.${CHART_CLASS} [${paint}="${light}"]{${paint}:var(--chart-${property},${light})}`,
      )
      .join(''),
  )
  const dark = used.map(({ property, dark }) => `--chart-${property}:${dark}`).join(';')
  return `${rules.join('')}@media screen and (prefers-color-scheme:dark){.${CHART_CLASS}{${dark}}}`
}

/** Returns a text colour that can be read on a series' colour, on light and on dark paper. */
export function paletteTextColour(at: number): string {
  const colour = paletteColour(at)
  return colour === light('blue') || colour === light('black') ? PAPER : ALWAYS_DARK
}

/**
 * Returns an SVG document with the style rules of its drawing.
 *
 * @param width in pixels, like `height`
 * @param title the text for screen readers
 * @param content elements whose unit is a pixel
 */
export function svgDocument(width: number, height: number, title: string, content: string): string {
  const root = `class="${CHART_CLASS}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${root}>\n<style>${styleSheet(content)}</style>\n${content}\n</svg>\n`
}
