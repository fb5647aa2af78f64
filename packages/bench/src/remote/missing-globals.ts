// Globals that TensorFlow.js or the engine read, for JavaScript engines without a web platform.
// None of them is needed for a result: there is no clock to rely on, and nothing is printed.

/** Defines a global variable where there is none of that name. */
function define(name: string, value: unknown): void {
  if (name in globalThis) return
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
}

/** Encodes and decodes ASCII, which all texts of the engine are. */
class AsciiEncoder {
  encode(text: string): Uint8Array {
    return Uint8Array.from(text, (character) => character.charCodeAt(0))
  }
}

class AsciiDecoder {
  decode(bytes: Uint8Array): string {
    return String.fromCharCode(...bytes)
  }
}

const nothing = () => {}

define('self', globalThis)
define('performance', { now: () => Date.now() })
define('console', { log: nothing, info: nothing, warn: nothing, error: nothing, debug: nothing })
define('queueMicrotask', (work: () => void) => void Promise.resolve().then(work))
define('setTimeout', (work: () => void) => (void Promise.resolve().then(work), 0))
define('clearTimeout', nothing)
define('TextEncoder', AsciiEncoder)
define('TextDecoder', AsciiDecoder)
