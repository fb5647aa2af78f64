// The same seed gives the same bytes in every JavaScript engine only if no result comes from an
// operator or a function whose last bits are the engine's own. The lint refuses the functions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './support/workspace.js'

/** The beginning of a power whose base or exponent is not a number that is written out. */
const VARIABLE_POWER = /(?:[A-Za-z_$][\w$]*|[)\]])\s*\*\*(?!\/)|\*\*\s*-?[A-Za-z_$(]/

test.each(['kernels', 'models', 'backends', 'train'])(
  'the sources of %s have no powers of variables, because engines round them differently',
  (name) => {
    const folder = join(ROOT, 'packages', name, 'src')
    const lines = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      // No result of a run comes from the null backend and the contract suite.
      .filter((file) => file.endsWith('.ts') && !/^(testing|generated)[/\\]/.test(file))
      .flatMap((file) =>
        readFileSync(join(folder, file), 'utf8')
          .split('\n')
          .map((line) => `${file}: ${line.trim()}`),
      )
    expect(lines.length).toBeGreaterThan(100)
    const code = lines.filter((line) => !/: (\/\/|\/\*|\*)/.test(line))
    expect(code.filter((line) => VARIABLE_POWER.test(line))).toEqual([])
  },
)

test('the search finds powers of variables, and leaves numbers alone', () => {
  for (const line of ['a ** 2', 'f(x)**2', '2 ** n', '2 ** -n', '2**(n)', '(a) ** b', 'x1 ** 2'])
    expect(line, line).toMatch(VARIABLE_POWER)
  for (const line of ['2 ** 20', '1 + 2 ** -20', '2**8', "glob('a/**/b')"])
    expect(line, line).not.toMatch(VARIABLE_POWER)
})
