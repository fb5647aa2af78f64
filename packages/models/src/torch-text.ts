import type { Layer, Shape } from './spec.js'

/** PyTorch's class of each layer. */
export const TORCH_CLASSES: Readonly<Record<Layer['type'], string>> = {
  conv2d: 'Conv2d',
  dense: 'Linear',
  avgPool2d: 'AvgPool2d',
  maxPool2d: 'MaxPool2d',
  tanh: 'Tanh',
  relu: 'ReLU',
  dropout: 'Dropout',
  flatten: 'Flatten',
  softmax: 'Softmax',
}

/** A batch's shape as Python prints it: `[-1, 6, 28, 28]`, channels first. */
export function torchShape(batch: number, shape: Shape): string {
  const [height, width, channels] = shape
  return `[${[batch, ...(shape.length === 3 ? [channels, height, width] : shape)].join(', ')}]`
}

/** `61,706` */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Two decimals as Python's `%.2f` rounds them: an exact tie goes to the even digit, where `toFixed` goes up. */
export function twoDecimals(value: number): string {
  const eighths = value * 8
  // Only odd multiples of 1/8 are ties: no other binary fraction ends in exactly 5 thousandths.
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return value.toFixed(2)
  const cents = Math.floor(value * 100)
  return ((cents % 2 === 0 ? cents : cents + 1) / 100).toFixed(2)
}
