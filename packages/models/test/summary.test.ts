import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  costs,
  customMlp,
  lenet5,
  lenet5Regularized,
  type ModelSpec,
  renderTorchinfo,
  renderTorchsummary,
  summary,
  weightShapes,
} from '../src/index.js'
import { twoDecimals } from '../src/torch-tables.js'

const specs = [lenet5(), customMlp(), lenet5Regularized()]
const named = specs.map((spec): [string, ModelSpec] => [spec.name, spec])
const fixture = (name: string) =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8').trimEnd()

describe('costs', () => {
  it("count the study's parameters", () => {
    expect(specs.map((spec) => costs(spec).total.parameters)).toEqual([61_706, 61_720, 61_706])
  })

  it.each(named)('of %s agree with the tensors', (_, spec) => {
    const numbers = weightShapes(spec).map(({ shape }) =>
      shape.reduce((product, side) => product * side, 1),
    )
    expect(costs(spec).total.parameters).toBe(numbers.reduce((sum, count) => sum + count, 0))
  })

  it("count the MLP's parameters layer by layer", () => {
    const dense = costs(customMlp()).layers.filter(({ name }) => name.startsWith('dense'))
    expect(dense.map(({ parameters }) => parameters)).toEqual([
      50_240, 4_160, 4_160, 2_080, 528, 272, 170, 110,
    ])
  })

  it('grow with the batch, except the parameters', () => {
    const [one, many] = [costs(lenet5()).total, costs(lenet5(), 32).total]
    expect(many).toEqual({
      parameters: one.parameters,
      multiplyAdds: 32 * one.multiplyAdds,
      activationBytes: 32 * one.activationBytes,
    })
  })
})

describe('summary', () => {
  it('is plain data', () => {
    const data = summary(lenet5(), { batchSize: 4 })
    expect(JSON.parse(JSON.stringify(data))).toEqual(data)
    expect(data.layers[3]).toEqual({
      name: 'conv2d_2',
      type: 'conv2d',
      kernel: [5, 5],
      inputShape: [14, 14, 6],
      outputShape: [10, 10, 16],
      parameters: 2416,
      multiplyAdds: 4 * 2416 * 100,
      activationBytes: 4 * 1600 * 4,
    })
    expect(data.total).toMatchObject({ inputBytes: 4 * 784 * 4, parameterBytes: 61_706 * 4 })
  })

  it.each(named)('of %s prints as torchsummary prints it', (name, spec) => {
    expect(renderTorchsummary(summary(spec))).toBe(fixture(`${name}.torchsummary.txt`))
  })

  it.each(named)('of %s prints as torchinfo prints it', (name, spec) => {
    expect(renderTorchinfo(summary(spec, { batchSize: 32 }))).toBe(fixture(`${name}.torchinfo.txt`))
  })

  it('shows the batch where it is fixed', () => {
    const text = renderTorchsummary(summary(lenet5(), { batchSize: 64 }))
    expect(text).toContain('[64, 6, 28, 28]')
    expect(text).toContain('Input size (MB): 0.19')
  })

  it('keeps the sides of a window that is not square', () => {
    const spec: ModelSpec = {
      name: 'net',
      inputShape: [4, 6, 1],
      layers: [
        { type: 'maxPool2d', poolSize: [2, 3] },
        { type: 'flatten' },
        { type: 'dense', units: 2 },
      ],
    }
    expect(renderTorchinfo(summary(spec))).toMatch(
      /├─MaxPool2d: 1-1 +\[2, 3\] +\[1, 1, 4, 6\] +\[1, 1, 2, 2\] +-- +--\n/,
    )
  })

  it('rounds ties to even, as Python does', () => {
    expect([0.125, 0.375, 0.625, 2.5, 0.005, 0.235].map(twoDecimals)).toEqual([
      '0.12',
      '0.38',
      '0.62',
      '2.50',
      '0.01',
      '0.23',
    ])
  })
})
