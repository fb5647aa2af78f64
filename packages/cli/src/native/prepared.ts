import { type Installation, INSTALLATION_SCHEMA } from '@mnist-lab/backends/node'
import { filesOf, type Stage } from '../setup/stage.js'

/** What a method of getting TensorFlow has put into a stage. */
export interface Prepared {
  /** Where TensorFlow comes from, in words. */
  readonly source: string
  /** The path of the addon, relative to the stage. */
  readonly binding: string
  /** The path of the addon that keeps TensorFlow quiet while it loads, relative to the stage. */
  readonly muteStderr?: string
  /**
   * Absolute paths of files outside the stage that are needed: the libraries of an installed
   * TensorFlow.
   */
  readonly elsewhere?: readonly string[]
}

/**
 * Describes an installation: every file with its size and checksum. The version of TensorFlow is
 * still empty.
 */
export async function describeStage(
  stage: Stage,
  { source, binding, muteStderr, elsewhere = [] }: Prepared,
  kernels: string,
): Promise<Installation> {
  return {
    schema: INSTALLATION_SCHEMA,
    source,
    tensorflow: '',
    binding,
    ...(muteStderr === undefined ? {} : { muteStderr }),
    kernels,
    files: await filesOf(stage, elsewhere),
  }
}
