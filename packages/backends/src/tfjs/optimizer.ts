import { type OptimizerOptions, type OptimizerState, STATE_TENSORS } from '../optimizer.js'
import { Arena, type Tensor } from './arena.js'

/** The kernels that {@link DeviceOptimizer.update} runs. */
export const OPTIMIZER_KERNELS: readonly string[] = ['Multiply', 'Add', 'Sub']

/**
 * Added to a velocity and subtracted again, it rounds the velocity to a multiple of 2⁻⁹⁰, as the
 * fused engine does. A velocity without a gradient would otherwise shrink until it is a denormal
 * number, for which processors take a hundred times as long.
 */
const TINY = 1e-20

/**
 * How velocities are kept from becoming denormal: with the kernel `AddAndFlush` of
 * @mnist-lab/tfjs-kernels, with an addition and a subtraction, or not at all.
 */
export type Flush = 'kernel' | 'composed' | 'never'

/** A parameter on the device, with the tensors that the optimizer keeps for it. */
export interface Parameter {
  weight: Tensor
  readonly state: Record<keyof OptimizerState, Tensor>
}

/**
 * Disposes a parameter's tensors, the optimizer's first. In the other order a step of the
 * regularised LeNet-5 on wasm took 2% longer in one measurement. The cause was not looked into.
 */
export function disposeParameter({ weight, state }: Parameter): void {
  for (const name of STATE_TENSORS) state[name].dispose()
  weight.dispose()
}

/**
 * Updates parameters on the device as `OptimizerOptions` says. It holds the hyper-parameters as
 * device scalars.
 */
export class DeviceOptimizer {
  readonly #arena = new Arena()
  readonly #options: OptimizerOptions
  readonly #momentum: Tensor
  readonly #weightDecay: Tensor
  readonly #flush: Flush
  readonly #tiny: Tensor
  #learningRate: Tensor
  #learningRateValue: number

  constructor(options: OptimizerOptions, flush: Flush) {
    this.#options = options
    this.#flush = flush
    this.#tiny = this.#scalar(TINY)
    this.#momentum = this.#scalar(options.momentum)
    this.#weightDecay = this.#scalar(options.weightDecay)
    this.#learningRate = this.#scalar(options.learningRate)
    this.#learningRateValue = options.learningRate
  }

  /** Replaces the parameter's tensors by the updated ones and disposes the old ones. */
  update(parameter: Parameter, gradient: Tensor, learningRate: number): void {
    if (learningRate !== this.#learningRateValue) this.#setLearningRate(learningRate)
    const arena = new Arena()
    let g = gradient
    if (this.#options.weightDecay !== 0) {
      g = arena.run('Add', {
        a: g,
        b: arena.run('Multiply', { a: parameter.weight, b: this.#weightDecay }),
      })
    }
    // Without momentum v = g. Adding it to zeros makes a tensor of its own.
    const kept = arena.run('Multiply', { a: parameter.state.velocity, b: this.#momentum })
    let v = arena.run(this.#flush === 'kernel' ? 'AddAndFlush' : 'Add', { a: kept, b: g })
    if (this.#flush === 'composed')
      v = arena.run('Sub', { a: arena.run('Add', { a: v, b: this.#tiny }), b: this.#tiny })
    const direction =
      this.#options.nesterov === true
        ? arena.run('Add', { a: arena.run('Multiply', { a: v, b: this.#momentum }), b: g })
        : v
    const move = arena.run('Multiply', { a: direction, b: this.#learningRate })
    const w = arena.run('Sub', { a: parameter.weight, b: move })
    disposeParameter(parameter)
    parameter.state.velocity = arena.keep(v)
    parameter.weight = arena.keep(w)
    arena.dispose()
  }

  dispose(): void {
    this.#arena.dispose()
  }

  #setLearningRate(value: number): void {
    this.#arena.keep(this.#learningRate).dispose()
    this.#learningRate = this.#scalar(value)
    this.#learningRateValue = value
  }

  #scalar(value: number): Tensor {
    return this.#arena.tensor(Float32Array.of(value), [])
  }
}
