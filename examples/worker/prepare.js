// Writes the files that the Worker reads: MNIST's training images in shards of 1,000, which are
// IDX files in worker/build/shards.
//
//   npx -y pnpm@12 build && node examples/worker/prepare.js [shards]
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { imagesBetween, writeIdx } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'

const SAMPLES = 1000

const folder = fileURLToPath(new URL('build/shards/', import.meta.url))
const { train } = await loadMnist()
const all = train.count / SAMPLES
const shards = Number(process.argv[2] ?? all)
if (!Number.isInteger(shards) || shards < 1 || shards > all) {
  console.error(`shards: expected 1 to ${all}, got ${process.argv[2]}`)
  process.exit(2)
}
await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
for (let shard = 0; shard < shards; shard++) {
  const [from, to] = [shard * SAMPLES, (shard + 1) * SAMPLES]
  const images = imagesBetween(train, from, to)
  const labels = /** @type {Uint8Array} */ (train.labels.slice(from, to))
  await writeFile(
    `${folder}${shard}-images.idx`,
    writeIdx({ type: 'uint8', shape: [SAMPLES, ...train.shape.slice(0, 2)], data: images }),
  )
  await writeFile(
    `${folder}${shard}-labels.idx`,
    writeIdx({ type: 'uint8', shape: [SAMPLES], data: labels }),
  )
}
await writeFile(`${folder}shards.json`, `${JSON.stringify({ shards })}\n`)
console.log(`${shards} shards of ${SAMPLES} images are in ${folder}`)
