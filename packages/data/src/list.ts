/** The formats in which a dataset can be stored. */
export const DATA_FORMATS = ['idx', 'csv', 'npz', 'parquet', 'folder', 'tar'] as const
/** A format in which a dataset can be stored. */
export type DataFormat = (typeof DATA_FORMATS)[number]
