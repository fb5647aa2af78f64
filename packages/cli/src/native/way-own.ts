import { resolve } from 'node:path'
import { isInputError } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import { compileBinding } from './compile.js'
import { type Libtensorflow, libtensorflowIn } from './libtensorflow.js'
import { runPython } from './python.js'
import type { Prepared, Stage } from './stage.js'

/** Where Python's package is, without importing it: that would take seconds. */
const FIND_PACKAGE = `
import importlib.util
spec = importlib.util.find_spec('tensorflow')
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else '')
`

/**
 * A TensorFlow that the user has: `LIBTENSORFLOW_ROOT`, or the `tensorflow` package of the Python on the PATH. It is used
 * where it is, not copied.
 *
 * @throws UsageError when there is none, or it cannot be compiled against
 */
export async function fromOwn(stage: Stage): Promise<Prepared> {
  const { found, source } = await findOwn(stage.signal)
  const built = await compileBinding(found, stage)
  return { ...built, source, elsewhere: found.libraries }
}

async function findOwn(signal: AbortSignal): Promise<{ found: Libtensorflow; source: string }> {
  const root = process.env['LIBTENSORFLOW_ROOT']
  if (root !== undefined && root !== '') {
    const found = libtensorflowIn(resolve(root))
    if (found !== undefined) return { found, source: `LIBTENSORFLOW_ROOT, ${resolve(root)}` }
    throw new UsageError({
      where: `LIBTENSORFLOW_ROOT=${root}`,
      what: 'no TensorFlow there',
      expected: 'include/tensorflow/c/c_api.h and the libraries beside it or in lib/',
      hint: 'correct it, or unset it',
    })
  }
  const folder = (await pythonPackage(signal)).trim()
  const found = folder === '' ? undefined : libtensorflowIn(folder)
  if (found === undefined) {
    throw new UsageError({
      where: 'LIBTENSORFLOW_ROOT and Python’s tensorflow',
      what: 'neither is there',
      hint: 'set LIBTENSORFLOW_ROOT, or `pip install tensorflow-cpu`',
    })
  }
  return { found, source: `Python’s tensorflow, ${folder}` }
}

async function pythonPackage(signal: AbortSignal): Promise<string> {
  try {
    return await runPython(['-c', FIND_PACKAGE], signal, 'install Python')
  } catch (error) {
    if (signal.aborted || !isInputError(error)) throw error
    return ''
  }
}
