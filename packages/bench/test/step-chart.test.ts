import { describe, expect, test } from 'vitest'
import { benchChart } from '../src/present/step-chart.js'
import { drawnTexts } from '../../report/test/fixtures/drawn-texts.js'
import { benchResult, cells, okCell } from './fixtures/results.js'

const texts = (svg: string) => drawnTexts(svg).map(({ text }) => text)

describe('benchChart', () => {
  test('shows the machine, n, every speed with its parity, and every reason', () => {
    const all = texts(benchChart(benchResult())).join('\n')
    expect(all).toContain('n = 6 steps')
    expect(all).toContain('Some CPU @ 3 GHz')
    expect(all).toContain('22.0 ms  ×30.5; parity ✓ loss 1.2e-7, weights 0')
    expect(all).toContain('unavailable  no adapter; use a GPU')
    expect(all).toContain('failed  exit code 139')
  })

  test('escapes names', () => {
    expect(benchChart(benchResult([okCell('<b>&', 1)]))).toContain('&lt;b&gt;&amp;')
  })

  test('is drawn when nothing ran', () => {
    expect(texts(benchChart(benchResult(cells.slice(2)))).join()).toContain(
      'unavailable  no adapter',
    )
  })
})
