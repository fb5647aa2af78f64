import type { Inline } from './document.js'

/** The words alone. */
export function plainText(text: Inline): string {
  if (typeof text === 'string') return text
  return text
    .map((part) =>
      typeof part === 'string'
        ? part
        : 'strong' in part
          ? part.strong
          : 'emphasis' in part
            ? part.emphasis
            : 'code' in part
              ? part.code
              : part.text,
    )
    .join('')
}
