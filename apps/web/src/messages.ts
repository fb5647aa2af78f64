import type { Loss, Probe, SessionInfo } from '@mnist-lab/backends'
import type { EpochFigures, RunFiles, RunResult } from '@mnist-lab/train'
import type { LayerOutput, ModelName } from '@mnist-lab/models'

/**
 * The name of the cache in which the page keeps MNIST. The benchmark's workers read it there too.
 */
export const DATA_CACHE = 'mnist-lab-data-1'

/** The most outputs of a model that the page shows each of. */
export const MAX_SHOWN_CLASSES = 64

/** The settings that the user chooses before a run starts. */
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
  /** The number of training images. They are the first ones of MNIST. */
  readonly images: number
}

/** The addresses from which the worker loads files. Both are on the page's own site. */
export interface SiteUrls {
  readonly data: string
  readonly wasm: string
}

/**
 * A message from the page to the training worker. The worker executes `begin`, `start`, `open` and
 * `resume` one after the other, and handles the other messages at once, also while a model trains.
 */
export type ToWorker =
  | { readonly type: 'begin'; readonly urls: SiteUrls }
  /** Trains a new model. */
  | { readonly type: 'start'; readonly settings: RunSettings }
  /** Opens a run from its files on a backend of this browser, without training it. */
  | {
      readonly type: 'open'
      readonly files: RunFiles
      readonly backend: string
      readonly threads: number
    }
  /** Trains the current run until it has `epochs` epochs in all. */
  | { readonly type: 'resume'; readonly epochs: number }
  /** Ends the training after the current step. */
  | { readonly type: 'pause' }
  /** Asks for the files of the current run. A model that trains continues training afterwards. */
  | { readonly type: 'save' }
  /** Sets the image to classify, [28, 28] bytes. Without an image there is nothing to classify. */
  | { readonly type: 'input'; readonly image?: Uint8Array }
  /** Asks for a test image, which becomes the image to classify. */
  | { readonly type: 'testImage' }

/**
 * The state of the page. `reading`: the page reads the files that the user chose; `loading`: the
 * worker loads MNIST; `opening`: the backend starts; `ready`: there is a run, and it does not
 * train.
 */
export type Phase = 'idle' | 'reading' | 'loading' | 'opening' | 'training' | 'evaluating' | 'ready'

/** A backend, and whether this browser can run it. */
export interface ProbedBackend {
  readonly name: string
  readonly probe: Probe
}

/** Means over the training steps of about a tenth of a second: one point of the learning curves. */
export interface CurvePoint {
  /** The position of the last step, in epochs since the start of the run. */
  readonly at: number
  readonly loss: number
  readonly accuracy: number
}

/** The model's answer for the image to classify. */
export interface Prediction {
  readonly image: Uint8Array
  /** One for each output of the model, computed by the backend. */
  readonly probabilities: Float32Array
  /** Computed from the backend's weights by the reference forward pass. */
  readonly layers: readonly LayerOutput[]
}

/** A message from the training worker to the page. */
export type FromWorker =
  | {
      readonly type: 'backends'
      readonly backends: readonly ProbedBackend[]
      readonly isolated: boolean
      readonly cores: number
    }
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'download'; readonly bytes: number; readonly total: number }
  /**
   * A new current run. `hasCheckpoint` is false for a run that cannot be saved before it is
   * trained.
   */
  | {
      readonly type: 'run'
      readonly run: RunResult
      readonly info: SessionInfo
      readonly hasCheckpoint: boolean
    }
  | {
      readonly type: 'steps'
      readonly point: CurvePoint
      readonly epoch: number
      readonly step: number
      readonly stepsPerEpoch: number
      readonly imagesPerSecond: number
      readonly msPerStep: number
    }
  | { readonly type: 'epoch'; readonly figures: EpochFigures }
  /** The training has ended: the epochs are complete, it was paused, or it failed. */
  | { readonly type: 'ended'; readonly run: RunResult; readonly hasCheckpoint: boolean }
  /** The first layer's weights: [height, width, inputs, filters] or [inputs, units]. */
  | { readonly type: 'filters'; readonly shape: readonly number[]; readonly data: Float32Array }
  /**
   * The predictions for `images` test images, of which `correct` are right. `counts` is the
   * confusion matrix, [outputs, outputs]; it is missing where there are too many outputs to show.
   */
  | {
      readonly type: 'confusion'
      readonly outputs: number
      readonly images: number
      readonly correct: number
      readonly counts?: Uint32Array
    }
  | { readonly type: 'prediction'; readonly prediction: Prediction }
  | { readonly type: 'testImage'; readonly image: Uint8Array; readonly label: number }
  /** The answer to `save` if it succeeded. */
  | { readonly type: 'saved'; readonly files: Required<RunFiles>; readonly name: string }
  /** The answer to `save` if it failed. */
  | { readonly type: 'saveFailed'; readonly message: string; readonly fixable: boolean }
  /**
   * `fixable`: the message says what the user can do about it. Otherwise it is a defect of the
   * page.
   */
  | { readonly type: 'error'; readonly message: string; readonly fixable: boolean }

/** Sends a message from the training worker to the page. */
export type Post = (message: FromWorker) => void
