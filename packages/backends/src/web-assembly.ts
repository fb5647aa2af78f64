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
export type Refusal = Extract<Probe, { readonly ok: false }>

/**
 * Compiles and instantiates a tiny module. Returns why this is not possible, or undefined when it
 * is. No memory is created, because each one reserves gigabytes of addresses.
 *
 * @param module whether the caller may pass a compiled module, or has passed one; then nothing is
 *   compiled
 */
export function refuseWebAssembly(module: 'none' | 'possible' | 'passed'): Refusal | undefined {
  if (typeof WebAssembly !== 'object')
    return {
      ok: false,
      reason: 'this JavaScript engine has no WebAssembly, or it is switched off',
      hint: 'use the fused-js backend',
    }
  if (module === 'passed') return undefined
  try {
    void new WebAssembly.Instance(new WebAssembly.Module(TINY))
    return undefined
  } catch (error) {
    return {
      ok: false,
      reason: `WebAssembly cannot be compiled here (${String(error)})`,
      hint: hintFor(String(error), module === 'possible'),
    }
  }
}

/** Recognises the errors of browsers whose page forbids compiling. */
const OF_POLICY = /\bCSP\b|content.security.policy|unsafe-eval/i

/** Recognises the error of V8 in programs that forbid compiling, such as workerd and node:vm. */
const OF_EMBEDDER = /disallowed by embedder/i

/** Returns what helps against an error of the compiler. */
function hintFor(error: string, module: boolean): string {
  const policy = "in a page, add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy"
  const embedder = [
    'in node:vm, create the context with codeGeneration: { wasm: true }',
    ...(module
      ? ['in workerd, import a .wasm file of @mnist-lab/kernels and pass it as fused({ module })']
      : []),
  ]
  const hints = OF_POLICY.test(error)
    ? [policy]
    : OF_EMBEDDER.test(error)
      ? embedder
      : [policy, ...embedder]
  return [...hints, 'or use the fused-js backend'].join('; ')
}

/**
 * Creates a small memory. Returns why this is not possible, or undefined when it is. It is for
 * engines whose own errors, when they get none, do not say so.
 */
export function refuseMemory(): Refusal | undefined {
  try {
    void new WebAssembly.Memory({ initial: 1, maximum: 1 })
    return undefined
  } catch (error) {
    return {
      ok: false,
      reason: `WebAssembly cannot get memory (${String(error)})`,
      hint: `${ADDRESS_SPACE_HINT}, or use the fused-js backend`,
    }
  }
}

/** Returns the error of a backend that is opened although it was refused. */
export function refusalError(backend: string, { reason, hint }: Refusal): BackendError {
  return new BackendError({ where: `backend ${backend}`, what: reason, hint })
}
