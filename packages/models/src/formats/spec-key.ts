/** The key of the ModelSpec as JSON in the metadata of a file that we export. */
export const SPEC_KEY = 'mnist-lab.model'
