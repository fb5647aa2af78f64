import { BackendError, type Probe } from './interface.js'

/** A module with one function, which does nothing. */
const TINY = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // The type () → (), a function of it, and its code.
    [0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
    [0x03, 0x02, 0x01, 0x00],
    [0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b],
  ].flat(),
)

/** Says what helps when WebAssembly gets no memory although the machine has enough. */
export const ADDRESS_SPACE_HINT =
  'raise the limit on the address space of the process (ulimit -v), or start Node.js with --disable-wasm-trap-handler, which reserves less of it'

/** Says why WebAssembly cannot be used, and what helps. */
type Refusal = Extract<Probe, { readonly ok: false }>

/**
 * Compiles and instantiates a tiny module and creates a small memory. Returns why this is not
 * possible, or undefined when it is.
 *
 * @param compiles whether the engine compiles modules itself
 */
export async function refuseWebAssembly(compiles = true): Promise<Refusal | undefined> {
  if (typeof WebAssembly !== 'object')
    return {
      ok: false,
      reason: 'this JavaScript engine has no WebAssembly, or it is switched off',
      hint: 'use the cpu backend',
    }
  try {
    if (compiles) await WebAssembly.instantiate(await WebAssembly.compile(TINY))
  } catch (error) {
    return {
      ok: false,
      reason: `WebAssembly cannot be compiled here (${String(error)})`,
      hint: "in a page, add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy; in node:vm, create the context with codeGeneration: { wasm: true }; or use the cpu backend",
    }
  }
  try {
    void new WebAssembly.Memory({ initial: 1, maximum: 1 })
    return undefined
  } catch (error) {
    return {
      ok: false,
      reason: `WebAssembly cannot get memory (${String(error)})`,
      hint: `${ADDRESS_SPACE_HINT}, or use the cpu backend`,
    }
  }
}

/**
 * Checks that WebAssembly can be used, when a backend is opened.
 *
 * @param backend the backend's name
 * @throws BackendError with the reason that {@link refuseWebAssembly} returns
 */
export async function checkWebAssembly(backend: string, compiles = true): Promise<void> {
  const refusal = await refuseWebAssembly(compiles)
  if (refusal !== undefined)
    throw new BackendError({
      where: `backend ${backend}`,
      what: refusal.reason,
      hint: refusal.hint,
    })
}
