import { floatInput, type KernelCall } from './kernel-call.js'

/** What a fused kernel does around its product. */
export interface Epilogue {
  readonly bias: Float32Array | undefined
  readonly relu: boolean
}

/** @returns undefined for a bias that is not one number a column, and for activations that the engine has to do */
export function epilogueOf(call: KernelCall, columns: number): Epilogue | undefined {
  const activation = call.attrs?.['activation'] ?? 'linear'
  if (activation !== 'linear' && activation !== 'relu') return undefined
  const bias = floatInput(call, 'bias')
  if (
    call.inputs['bias'] !== undefined &&
    (bias?.values.length !== columns || bias.shape.at(-1) !== columns)
  )
    return undefined
  return { bias: bias?.values, relu: activation === 'relu' }
}

/** The output that products are added to: rows of the bias, or zeros. */
export function startOutput({ bias }: Epilogue, size: number): Float32Array {
  const output = new Float32Array(size)
  if (bias !== undefined)
    for (let i = 0; i < size;) for (let j = 0; j < bias.length; j++) output[i++] = bias[j]!
  return output
}

export function finishOutput({ relu }: Epilogue, output: Float32Array): void {
  if (relu) for (let i = 0; i < output.length; i++) if (output[i]! <= 0) output[i] = 0
}
