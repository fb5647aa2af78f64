import { type Dataset, fetchMnist } from '@mnist-lab/data'

/** Where the page keeps MNIST once it has it; the bench reads it there too. */
export const DATA_CACHE = 'mnist-lab-data-1'

export type Mnist = { readonly train: Dataset; readonly test: Dataset }

/** MNIST from the page's own site, kept for the next time and for when there is no network. */
export async function loadMnist(
  dataUrl: string,
  onProgress: (bytes: number, total: number) => void,
): Promise<Mnist> {
  const cache = await openCache()
  return fetchMnist({
    url: (file) => `${dataUrl}${file}.gz`,
    onProgress,
    ...(cache === undefined ? {} : { cache }),
  })
}

/** Some private windows have none: the data then comes from the network each time. */
async function openCache(): Promise<Cache | undefined> {
  if (typeof caches === 'undefined') return undefined
  return caches.open(DATA_CACHE).catch(() => undefined)
}
