// Turns the scalar build into JavaScript, for engines that have no WebAssembly.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { minifySync } from 'vite'

/** The instructions that AssemblyScript uses beyond the first version of WebAssembly. */
const FEATURES = ['bulk-memory', 'mutable-globals', 'nontrapping-float-to-int', 'sign-ext']

/** The parts of wasm2js's output that are replaced or left out, each of which is there once. */
const FUNCTIONS_BEGIN = ' var i64toi32_i32$HIGH_BITS = 0;\n'
const FUNCTIONS_END = ' bufferView = HEAPU8;\n initActiveSegments(imports);\n'
const START_END = ' function __wasm_memory_size() {'
const EXPORTS_BEGIN = ' return {\n'
const EXPORTS_END = '\n };\n}\n'

/**
 * Writes `src/generated/javascript.js`, which exports the scalar build as a function, with its
 * declaration. It is JavaScript already, so that the compiler of TypeScript leaves it minified, and
 * is therefore written to `dist/generated` too.
 */
export function compileJavaScript() {
  const emitted = execFileSync(
    process.execPath,
    [wasm2js(), 'build/scalar.wasm', '-O3', ...FEATURES.map((feature) => `--enable-${feature}`)],
    { encoding: 'utf8' },
  )
  const { code, errors } = minifySync('javascript.js', wrap(emitted))
  if (errors.length > 0) throw new Error(`javascript.js: ${errors[0].message}`)
  writeModule('javascript.js', code)
  writeModule('javascript.d.ts', DECLARATION)
}

/** Returns the path of the wasm2js that belongs to AssemblyScript's Binaryen. */
function wasm2js() {
  const assemblyscript = fileURLToPath(import.meta.resolve('assemblyscript/binaryen'))
  return join(dirname(createRequire(assemblyscript).resolve('binaryen')), 'bin/wasm2js')
}

/** Returns the statements that write the build's constants into the memory. */
function constants(emitted) {
  const segments = [...emitted.matchAll(/^  base64Decode\w+\(bufferView, (\d+), "(.*)"\);$/gm)]
  return segments
    .map(([, at, base64]) => `HEAPU8.set([${[...Buffer.from(base64, 'base64')].join()}], ${at});\n`)
    .join('')
}

/**
 * Puts the functions that wasm2js has written into a function of a memory. wasm2js itself puts them
 * into one that creates a memory of its own and lets it grow.
 */
function wrap(emitted) {
  const functions = between(emitted, FUNCTIONS_BEGIN, FUNCTIONS_END)
  const start = between(emitted, FUNCTIONS_END, START_END)
  const exports = between(emitted, EXPORTS_BEGIN, EXPORTS_END)
  const globals = emitted.match(/^ var global\$\d+ = \d+;\n/gm).join('')
  const math = namesIn(functions, /\bMath_\w+/g).map((name) => `${name.slice(5)}: ${name}`)
  const views = namesIn(functions, /\bHEAP\w+/g).filter((name) => !VIEWS.includes(name))
  if (views.length > 0) throw new Error(`wasm2js: expected no other views, got ${views.join(', ')}`)
  return `export const instantiate = (buffer) => {
const scratch = new ArrayBuffer(16);
return kernelsOn(new Int32Array(buffer), new Uint8Array(buffer), new Float32Array(buffer), new Int32Array(scratch), new Float32Array(scratch), Math);
};
const kernelsOn = (${VIEWS.join(', ')}, scratch32, scratchF32, { ${math.join(', ')} }) => {
function wasm2js_scratch_store_i32(index, value) { scratch32[index] = value }
function wasm2js_scratch_load_f32() { return scratchF32[2] }
function wasm2js_memory_copy(to, from, bytes) { HEAPU8.copyWithin(to, from, from + bytes) }
function wasm2js_memory_fill(to, value, bytes) { HEAPU8.fill(value, to, to + bytes) }
var i64toi32_i32$HIGH_BITS = 0;
${globals}
${constants(emitted)}
${functions
  // These constants have 32 bits already.
  .replaceAll(/Math_fround\((-?[\d.]+(?:e-?\d+)?)\)/g, '$1')
  .replaceAll(/^ function [^]*?^ \}$/gm, withLocals)}
${start}
return {
${exports}
};
};
`
}

/** The views of the memory that the kernels use. */
const VIEWS = ['HEAP32', 'HEAPU8', 'HEAPF32']

/** Returns every name in a code that matches, once. */
function namesIn(code, pattern) {
  return [...new Set(code.match(pattern))]
}

/**
 * Gives a function with a loop local names for what it uses of the functions around it, because
 * interpreters reach them in fewer instructions.
 */
function withLocals(code) {
  if (!code.includes('while (')) return code
  const outer = namesIn(code, /\b(?:HEAP|Math_)\w+/g)
  const locals = outer.map((name) => `local_${name} = ${name}`).join(', ')
  const body = code.replaceAll(/\b((?:HEAP|Math_)\w+)/g, 'local_$1')
  return body.replace('{\n', `{\n  var ${locals};\n`)
}

/**
 * Returns the text between two others.
 *
 * @throws Error when one of them is not there, because another version writes other code
 */
function between(text, before, after) {
  const from = text.indexOf(before) + before.length
  const to = text.indexOf(after, from)
  if (from < before.length || to < 0)
    throw new Error(`wasm2js: expected ${JSON.stringify(before)} and ${JSON.stringify(after)}`)
  return text.slice(from, to)
}

const DECLARATION = `// Generated by scripts/compile.mjs.

/** Creates the functions of the scalar build on a memory, and writes their constants into it. */
export declare const instantiate: (memory: ArrayBuffer) => Readonly<Record<string, unknown>>
`

function writeModule(name, source) {
  for (const folder of ['src/generated', 'dist/generated']) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/${name}`, source)
  }
}
