/** The amounts that are tried. All are multiples of `step`. */
export interface Amounts {
  readonly from: number
  readonly start: number
  readonly to: number
  readonly step: number
}

/**
 * Returns the smallest amount that is enough, by bisection, or undefined if none is. Every amount
 * above one that is enough is taken to be enough.
 *
 * @param isEnough tries an amount
 */
export async function smallestAmount(
  { from, start, to, step }: Amounts,
  isEnough: (amount: number) => Promise<boolean>,
): Promise<number | undefined> {
  let tooLittle = from - step
  let enough = start
  while (!(await isEnough(enough))) {
    if (enough === to) return undefined
    tooLittle = enough
    enough = Math.min(2 * enough, to)
  }
  while (enough - tooLittle > step) {
    const middle = tooLittle + step * Math.round((enough - tooLittle) / (2 * step))
    if (await isEnough(middle)) enough = middle
    else tooLittle = middle
  }
  return enough
}
