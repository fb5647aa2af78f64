// ONNX Runtime and TensorFlow.js, which are npm packages, and run here.
import '@tensorflow/tfjs-backend-cpu'
import { enableProdMode, setBackend, tensor4d, type Tensor } from '@tensorflow/tfjs-core'
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-web'
import { channelsFirst, type Known, unitPixels } from './known-models.js'

/** Runs an ONNX file with ONNX Runtime. */
export async function runOnnx(file: string, known: Known): Promise<Float32Array> {
  const session = await InferenceSession.create(await readFile(file))
  const [height, width, channels] = known.spec.inputShape
  const shape = [known.count, channels, height, width]
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!]
  const outputs = await session.run({
    [input]: new OnnxTensor('float32', channelsFirst(known), shape),
  })
  return outputs[output]!.data as Float32Array
}

/** Loads a layers model with TensorFlow.js. */
export async function loadWithTfjs(file: string): Promise<LayersModel> {
  // Otherwise it advises to install its own backend for Node.js.
  enableProdMode()
  await setBackend('cpu')
  return loadLayersModel({
    load: async () => {
      const { modelTopology, weightsManifest } = JSON.parse(await readFile(file, 'utf8')) as {
        readonly modelTopology: object
        readonly weightsManifest: { readonly paths: string[]; readonly weights: [] }[]
      }
      const paths = weightsManifest.flatMap((group) => group.paths)
      const shards = await Promise.all(paths.map((path) => readFile(join(dirname(file), path))))
      const weightData = Uint8Array.from(Buffer.concat(shards)).buffer
      const weightSpecs = weightsManifest.flatMap((group) => group.weights)
      return { modelTopology, weightSpecs, weightData }
    },
  })
}

/** Runs a layers model with TensorFlow.js. */
export async function runTfjs(file: string, known: Known): Promise<Float32Array> {
  const model = await loadWithTfjs(file)
  const pixels = tensor4d(unitPixels(known), [known.count, ...known.spec.inputShape])
  return (await (model.predict(pixels) as Tensor).data()) as Float32Array
}
