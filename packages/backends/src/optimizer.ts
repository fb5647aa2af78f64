import type { Weights } from '@mnist-lab/models'

/**
 * The options of stochastic gradient descent as torch.optim.SGD does it: g ← ∂loss/∂w + weightDecay
 * · w, v ← momentum · v + g, w ← w − learningRate · v. It applies to every parameter, biases too.
 */
export interface SgdOptions {
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  /**
   * Moves the weight by momentum · v + g instead of v, with the new v, as `nesterov=True` does in
   * PyTorch. Absent for plain momentum.
   */
  readonly nesterov?: true
}

/** The optimizer of a training plan. There is one so far; another makes this a union. */
export type OptimizerOptions = SgdOptions

/** The options of {@link OptimizerOptions} that are numbers. */
type NumericOption = Exclude<keyof OptimizerOptions, 'nesterov'>

/** Describes one numeric option of an optimizer, for code that parses, checks or shows it. */
export interface OptimizerOption {
  /** The option's name in a sentence. */
  readonly label: string
  /** The smallest value that is allowed. */
  readonly min: number
  /** Values must be below this. */
  readonly below: number
}

/** The numeric options of {@link OptimizerOptions}, in the order in which they are shown. */
export const OPTIMIZER_OPTIONS: Readonly<Record<NumericOption, OptimizerOption>> = {
  learningRate: { label: 'learning rate', min: 0, below: Infinity },
  momentum: { label: 'momentum', min: 0, below: 1 },
  weightDecay: { label: 'weight decay', min: 0, below: Infinity },
}

/** The names of the numeric options of {@link OptimizerOptions}. */
export const OPTIMIZER_OPTION_NAMES = Object.keys(OPTIMIZER_OPTIONS) as readonly NumericOption[]

/** Returns the optimizer in words: `SGD with learning rate 0.01, momentum 0.9, weight decay 0`. */
export function optimizerText(options: OptimizerOptions): string {
  const values = OPTIMIZER_OPTION_NAMES.map((name) => {
    const kind = name === 'momentum' && options.nesterov === true ? 'Nesterov ' : ''
    return `${kind}${OPTIMIZER_OPTIONS[name].label} ${options[name]}`
  })
  return `SGD with ${values.join(', ')}`
}

/**
 * The tensors that an optimizer keeps for every weight, each list in the order and shapes of the
 * weights. A checkpoint stores each list under its name.
 */
export interface OptimizerState {
  /** The momentum buffers v; zeros before the first step. */
  readonly velocity: Weights
}

/**
 * The names of the lists in {@link OptimizerState}, in the order in which a checkpoint stores them.
 */
export const STATE_TENSORS = ['velocity'] as const satisfies readonly (keyof OptimizerState)[]

/** Creates an optimizer's state from a function that returns the list of each name. */
export function optimizerState(
  listOf: (name: (typeof STATE_TENSORS)[number]) => Weights,
): OptimizerState {
  return Object.fromEntries(
    STATE_TENSORS.map((name) => [name, listOf(name)]),
  ) as unknown as OptimizerState
}

/**
 * Returns the gradients ∂loss/∂w of one step, without weight decay's term, computed from the states
 * before and after it. A backend therefore needs no method for gradients.
 *
 * For SGD, with Nesterov momentum too, g = v' − momentum · v − weightDecay · w. If `before` has
 * zero velocity and there is no weight decay, the result is exactly the backend's gradient.
 */
export function gradientsOf(
  { momentum, weightDecay }: OptimizerOptions,
  before: OptimizerState & { readonly weights: Weights },
  after: OptimizerState,
): Weights {
  return after.velocity.map((tensor, t) => {
    const [v, w] = [before.velocity[t]!.data, before.weights[t]!.data]
    return {
      ...tensor,
      data: tensor.data.map((value, i) => value - momentum * v[i]! - weightDecay * w[i]!),
    }
  })
}
