/** The formats in which a dataset can be stored. */
export const DATA_FORMATS = ['idx', 'csv', 'npz', 'parquet', 'folder', 'tar'] as const
/** A format in which a dataset can be stored. */
export type DataFormat = (typeof DATA_FORMATS)[number]

/** The published datasets that can be asked for by name. */
export const DATASET_NAMES = [
  'mnist',
  'fashion-mnist',
  'kmnist',
  'k49',
  'emnist-letters',
  'emnist-balanced',
  'emnist-digits',
  'qmnist',
] as const
/** The name of a published dataset. */
export type DatasetName = (typeof DATASET_NAMES)[number]
