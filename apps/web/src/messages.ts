import type { Loss, Probe, SessionInfo } from '@mnist-lab/backends'
import type { EpochFigures, RunFiles, RunResult } from '@mnist-lab/train'
import type { LayerOutput, ModelName } from '@mnist-lab/models'

/** What the page asks for, before a run. */
export interface RunSettings {
  readonly model: ModelName
  readonly backend: string
  readonly threads: number
  readonly batchSize: number
  readonly learningRate: number
  readonly momentum: number
  readonly loss: Loss
  readonly seed: number
  readonly epochs: number
  /** How many training images, the first ones. */
  readonly images: number
}

/** Where the worker finds what it loads, all of it on the page's own site. */
export interface Places {
  readonly dataUrl: string
  readonly wasmUrl: string
}

export type ToWorker =
  | { readonly type: 'begin'; readonly places: Places }
  | { readonly type: 'start'; readonly settings: RunSettings }
  /** A run from its files, on a backend of this page. It can be looked at, and resumed. */
  | {
      readonly type: 'open'
      readonly files: RunFiles
      readonly backend: string
      readonly threads: number
    }
  | { readonly type: 'pause' }
  /** @property epochs in all */
  | { readonly type: 'resume'; readonly epochs: number }
  | { readonly type: 'stop' }
  | { readonly type: 'save' }
  /** [28, 28], what has been drawn; nothing: the pad was cleared. */
  | { readonly type: 'digit'; readonly image?: Uint8Array }
  /** Asks for a test image, to be read as a drawing is. */
  | { readonly type: 'sample' }

/** `ready`: a run is there and stands still. */
export type Phase = 'idle' | 'loading' | 'opening' | 'training' | 'evaluating' | 'ready'

export interface BackendOffer {
  readonly name: string
  readonly probe: Probe
}

/** Some steps together. */
export interface StepPoint {
  /** In epochs since the beginning. */
  readonly at: number
  /** Means over these steps. */
  readonly loss: number
  readonly accuracy: number
}

export interface Reading {
  readonly image: Uint8Array
  /** By the backend. */
  readonly probabilities: Float32Array
  /** From the backend's weights, by the definitions. */
  readonly layers: readonly LayerOutput[]
  readonly ms: number
}

export type FromWorker =
  | {
      readonly type: 'offers'
      readonly offers: readonly BackendOffer[]
      readonly isolated: boolean
      readonly cores: number
    }
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'download'; readonly bytes: number; readonly total: number }
  | {
      readonly type: 'run'
      readonly run: RunResult
      readonly info: SessionInfo
      readonly stepsPerEpoch: number
      readonly compileMs: number
    }
  | {
      readonly type: 'steps'
      readonly points: readonly StepPoint[]
      readonly epoch: number
      readonly step: number
      readonly stepsPerEpoch: number
      readonly imagesPerSecond: number
      readonly msPerStep: number
    }
  | { readonly type: 'epoch'; readonly figures: EpochFigures }
  | { readonly type: 'ended'; readonly run: RunResult }
  /** The first layer's weights: [height, width, inputs, filters] or [inputs, units]. */
  | { readonly type: 'filters'; readonly shape: readonly number[]; readonly data: Float32Array }
  /** [classes, classes]: rows are the true digits. */
  | {
      readonly type: 'confusion'
      readonly counts: Uint32Array
      readonly samples: number
      readonly total: number
      readonly at: number
    }
  | { readonly type: 'reading'; readonly reading: Reading }
  | { readonly type: 'sample'; readonly image: Uint8Array; readonly label: number }
  | { readonly type: 'files'; readonly files: Required<RunFiles>; readonly name: string }
  /** `mendable`: what the user can do something about, in one line. */
  | { readonly type: 'error'; readonly message: string; readonly mendable: boolean }
