// The module that makes a remote engine of a program that serves HTTP as Cloudflare Workers do:
// each request brings one line and gets one back. The program compiles no WebAssembly, so the
// kernels are modules beside this one.
import { buildOf, remoteBackend } from './remote-backends.js'
import { RemoteEngine } from './remote-engine.js'

/** The build of the kernels where the backend's name says none: the fastest one. */
const BEST = 'relaxed'

const engine = new RemoteEngine(async (name, threads) => {
  const file = `./${buildOf(name) ?? BEST}.wasm`
  const { default: module } = (await import(/* @vite-ignore */ file)) as {
    readonly default: WebAssembly.Module
  }
  return remoteBackend(name, {
    module,
    ...(threads === undefined ? {} : { threads }),
  })
})

const worker = {
  async fetch(request: Request): Promise<Response> {
    return new Response(await engine.answer(await request.text()))
  },
}

export default worker
