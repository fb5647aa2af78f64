// Makes one call to the file system fail, or kills the process there. A test installs it in its own
// process, or in a program: node --import faults.mjs, with a plan in the variable MNIST_LAB_FAULT.
import fs from 'node:fs'
import fsp from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/**
 * @typedef {'open' | 'write' | 'sync' | 'rename' | 'mkdir'} Kind
 * @typedef {object} Plan
 * @property {string} root only calls with paths that begin with this are counted
 * @property {'fail' | 'kill' | 'count'} how
 * @property {Kind} [kind] which calls are counted; all of them by default
 * @property {number} at which of these calls fails, from 1
 * @property {string} [counter] a file with one byte for each call of all processes so far
 */

/** How the file system refuses each kind of call. @type {Readonly<Record<Kind, string>>} */
const CODES = { open: 'EMFILE', write: 'ENOSPC', sync: 'EIO', rename: 'EACCES', mkdir: 'ENOSPC' }
const { appendFileSync, statSync } = fs

/**
 * Replaces the calls that change files.
 *
 * @param {Plan} plan
 * @returns the kinds of the calls so far, and how to put the original calls back
 */
export function installFaults({ root, how, kind, at, counter }) {
  /** @type {Kind[]} */
  const calls = []
  const promises = { open: fsp.open, rename: fsp.rename, mkdir: fsp.mkdir }
  const callbacks = { mkdir: fs.mkdir, writeFile: fs.writeFile }

  /** @param {Kind} called @param {unknown} path @param {() => Promise<unknown>} [half] */
  const hit = async (called, path, half) => {
    if (!String(path).startsWith(root) || (kind !== undefined && kind !== called)) return
    calls.push(called)
    if (how === 'count' || numberOfThis() !== at) return
    // A disk that fills up, and a process that is killed, leave half of the data.
    await half?.()
    if (how === 'kill') process.kill(process.pid, 'SIGKILL')
    throw Object.assign(new Error(`${CODES[called]}: injected`), { code: CODES[called] })
  }
  const numberOfThis = () => {
    if (counter === undefined) return calls.length
    appendFileSync(counter, '.')
    return statSync(counter).size
  }

  fsp.open = async (path, ...rest) => {
    await hit('open', path)
    const handle = await promises.open(path, ...rest)
    for (const name of /** @type {const} */ (['writeFile', 'appendFile'])) {
      const original = handle[name].bind(handle)
      handle[name] = async (data, ...options) => {
        const bytes = Buffer.from(/** @type {string} */ (data))
        await hit('write', path, () => original(bytes.subarray(0, bytes.length / 2)))
        return original(data, ...options)
      }
    }
    const sync = handle.sync.bind(handle)
    handle.sync = async () => {
      await hit('sync', path)
      return sync()
    }
    return handle
  }
  fsp.rename = async (from, to) => {
    await hit('rename', from)
    return promises.rename(from, to)
  }
  fsp.mkdir = /** @type {typeof fsp.mkdir} */ (
    async (/** @type {string} */ path) => {
      await hit('mkdir', path)
      return promises.mkdir(path)
    }
  )
  // proper-lockfile is given these.
  fs.mkdir = /** @type {typeof fs.mkdir} */ (
    (/** @type {string} */ path, /** @type {fs.NoParamCallback} */ done) =>
      void hit('mkdir', path).then(() => callbacks.mkdir(path, done), done)
  )
  fs.writeFile = /** @type {typeof fs.writeFile} */ (
    (
      /** @type {string} */ path,
      /** @type {string} */ data,
      /** @type {fs.NoParamCallback} */ done,
    ) => void hit('write', path).then(() => callbacks.writeFile(path, data, done), done)
  )
  syncBuiltinESMExports()
  return {
    calls,
    uninstall() {
      Object.assign(fsp, promises)
      Object.assign(fs, callbacks)
      syncBuiltinESMExports()
    },
  }
}

const plan = process.env['MNIST_LAB_FAULT']
if (plan !== undefined) installFaults(/** @type {Plan} */ (JSON.parse(plan)))
