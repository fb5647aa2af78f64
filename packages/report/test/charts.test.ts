import { describe, expect, test } from 'vitest'
import { benchChart, learningCurves } from '../src/charts/index.js'
import { benchResult, cells, okCell, runResult } from './fixtures/results.js'

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

describe('benchChart', () => {
  const svg = benchChart(benchResult())

  test('is one SVG that loads nothing', () => {
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>/)
    expect(svg.trimEnd()).toMatch(/<\/svg>$/)
    expect(svg).not.toMatch(/<script|<image|href="http|@import/)
  })

  test('has machine, n, every speed with its parity, and every reason', () => {
    const all = texts(svg).join('\n')
    expect(all).toContain('n = 6 steps')
    expect(all).toContain('Some CPU @ 3 GHz')
    expect(all).toContain('22.0 ms, ×30.5; parity ✓ loss 1.2e-7, weights 0')
    expect(all).toContain('unavailable: no adapter; use a GPU')
    expect(all).toContain('failed: exit code 139')
  })

  test('escapes names', () => {
    expect(benchChart(benchResult([okCell('<b>&', 1)]))).toContain('&lt;b&gt;&amp;')
  })

  test('is drawn when nothing ran', () => {
    expect(texts(benchChart(benchResult(cells.slice(2)))).join()).toContain('unavailable: no adapter')
  })
})

test('learningCurves draws accuracy and loss of each run, and keeps two runs of the same name apart', () => {
  const all = texts(learningCurves([runResult('lenet5'), runResult('custom-mlp'), runResult('lenet5')]))
  expect(all).toEqual(expect.arrayContaining(['accuracy', 'mean loss', 'lenet5, cpu, seed 1: train',
    'custom-mlp, cpu, seed 1: validation', 'lenet5, cpu, seed 1 (2): validation']))
})
