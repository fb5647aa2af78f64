// Loads TensorFlow.js's packages as a bundler does: the ES2017 modules that their package.json
// calls `module`, whose imports name files without endings. Without this loader Node.js takes an
// older build, which is several times slower in pure JavaScript and has no gradients.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The package whose functions are properties of a function, which an ES module cannot import by
 * name.
 */
const SEEDRANDOM = 'seedrandom'

export async function resolve(specifier, context, next) {
  const { parentURL = import.meta.url } = context
  if (/^@tensorflow\/tfjs-[a-z-]+$/.test(specifier)) {
    const manifest = createRequire(parentURL).resolve(`${specifier}/package.json`)
    return asModule(
      new URL(JSON.parse(readFileSync(manifest, 'utf8')).module, `file://${manifest}`),
    )
  }
  if (specifier === SEEDRANDOM && parentURL.startsWith('file:')) {
    const { url } = await next(specifier, context)
    return asModule(
      `data:text/javascript,import seedrandom from ${JSON.stringify(url)}; export const alea = seedrandom.alea; export default seedrandom`,
    )
  }
  if (/\/@tensorflow\/tfjs-[^/]+\/dist\//.test(parentURL) && specifier.startsWith('.')) {
    const url = new URL(specifier, parentURL)
    const file = [url, new URL(`${url}.js`), new URL(`${url}/index.js`)].find(
      (one) => one.pathname.endsWith('.js') && existsSync(one),
    )
    if (file !== undefined && file.pathname.includes('/dist/')) return asModule(file)
  }
  if (/^@tensorflow\/tfjs-[^/]+\/dist\//.test(specifier)) {
    const url = `file://${createRequire(parentURL).resolve(specifier)}`
    return url.includes('/dist/') ? asModule(url) : next(specifier, context)
  }
  return next(specifier, context)
}

function asModule(url) {
  return { url: String(url), format: 'module', shortCircuit: true }
}
