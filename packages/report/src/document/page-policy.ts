import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { unescapeHtml } from '../escape.js'

/** The style sheets of a page and of its drawings, and the style attributes in the drawings. */
const STYLE = /<style\b[^>]*>([^<]*)<\/style>|\sstyle="([^"]*)"/g

/**
 * Returns the Content-Security-Policy of a page: it loads nothing, runs no script, sends no form,
 * and applies only the styles that are in it now, which the policy names by their SHA-256. Pictures
 * are part of the page.
 *
 * @param html the page, in which all texts are escaped
 */
export function pagePolicy(html: string): string {
  const styles = Array.from(
    html.matchAll(STYLE),
    ([, sheet, attribute]) => sheet ?? unescapeHtml(attribute!),
  )
  const hashes = Array.from(new Set(styles), (style) => `'sha256-${digest(style)}'`)
  return [
    "default-src 'none'",
    // Without the first word, browsers apply hashes to style sheets only.
    `style-src 'unsafe-hashes' ${hashes.join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function digest(text: string): string {
  return btoa(String.fromCharCode(...sha256(utf8ToBytes(text))))
}
