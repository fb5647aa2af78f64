import { readClassNames } from '@mnist-lab/data'
import type { Target } from '../target.js'

const text = (content: string) => new TextEncoder().encode(content)

/** Lists of the names of classes. */
export const target: Target = {
  what: 'lists of the names of classes',
  format: 'bytes',
  seeds: () => [text('a\nb\nc\n'), text('0 48\n1 65\n'), text('1 65 97\r\n2 66 98\r\n')],
  words: ['\n', '\r\n', ' ', '0 48', '1 1114112', '\uFEFF'],
  maxBytes: 1024,
  run: (bytes) => readClassNames(new TextDecoder().decode(bytes), 'input'),
}
