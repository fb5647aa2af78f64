import { confusion } from '../lab.ts'

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

/** Which digits are taken for which. */
export function Confusion() {
  const now = confusion.value
  return (
    <section class="card" aria-labelledby="confusion-title">
      <h2 id="confusion-title">Confusion matrix</h2>
      {now === undefined ? (
        <p class="empty">Appears as soon as training begins.</p>
      ) : (
        <Matrix counts={now.counts} samples={now.samples} />
      )}
    </section>
  )
}

function Matrix({ counts, samples }: { readonly counts: Uint32Array; readonly samples: number }) {
  const right = DIGITS.reduce((sum, _, digit) => sum + counts[digit * 11]!, 0)
  return (
    <>
      <table class="confusion">
        <caption>
          {right.toLocaleString('en-US')} of {samples.toLocaleString('en-US')} test images right;
          rows are the digit, columns what it is taken for
        </caption>
        <thead>
          <tr>
            <td />
            {DIGITS.map((digit) => (
              <th scope="col" key={digit}>
                {digit}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {DIGITS.map((digit, row) => {
            const total = DIGITS.reduce((sum, _, column) => sum + counts[row * 10 + column]!, 0)
            return (
              <tr key={digit}>
                <th scope="row">{digit}</th>
                {DIGITS.map((_, column) => {
                  const count = counts[row * 10 + column]!
                  const share = total === 0 ? 0 : count / total
                  return (
                    <td
                      key={column}
                      class={row === column ? 'right' : 'wrong'}
                      style={{
                        '--share': share > 0.5 ? '100%' : `${Math.round(Math.sqrt(share) * 60)}%`,
                      }}
                      data-strong={share > 0.5}
                    >
                      {count === 0 ? '' : count}
                    </td>
                  )
                })}
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}
