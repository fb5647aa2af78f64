import { escapeHtml } from '../escape-html.js'
import { CHART_CLASS, styleSheet } from '../theme.js'

/** A small drawing without a frame of its own. */
export interface Picture {
  /** In the drawing's own unit. */
  readonly width: number
  readonly height: number
  /** SVG elements, colours from the theme. */
  readonly content: string
}

/**
 * One picture as an SVG document of so many pixels.
 *
 * @param title what a screen reader says of it
 */
export function pictureSvg(
  { width, height, content }: Picture,
  pixels: number,
  title: string,
): string {
  return svgDocument(
    pixels,
    Math.round((pixels * height) / width),
    title,
    `<svg viewBox="0 0 ${width} ${height}">${content}</svg>`,
  )
}

/** @param content elements in pixels */
export function svgDocument(width: number, height: number, title: string, content: string): string {
  const root = `class="${CHART_CLASS}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${root}>\n<style>${styleSheet(content)}</style>\n${content}\n</svg>\n`
}

/** Lengths to a hundredth: nobody sees more. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}
