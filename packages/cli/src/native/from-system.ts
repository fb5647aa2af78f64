import { resolve } from 'node:path'
import { isInputError } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import { compileBinding, type Libtensorflow, libtensorflowIn } from './compile.js'
import { runPython } from '../setup/run-command.js'
import type { Stage } from '../setup/stage.js'
import type { Prepared } from './prepared.js'

/** Prints the folder of Python's package without importing it, because an import takes seconds. */
const FIND_PACKAGE = `
import importlib.util
spec = importlib.util.find_spec('tensorflow')
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else '')
`

/**
 * Compiles the addon against a TensorFlow that is installed on this system: the one in
 * `LIBTENSORFLOW_ROOT`, or the `tensorflow` package of the Python on the PATH. TensorFlow stays
 * where it is and is not copied.
 *
 * @throws UsageError when there is no TensorFlow, or the addon cannot be compiled against it
 */
export async function fromSystem(stage: Stage): Promise<Prepared> {
  const { found, source } = await findTensorflow(stage.signal)
  const built = await compileBinding(found, stage)
  return { ...built, source, elsewhere: found.libraries }
}

async function findTensorflow(
  signal: AbortSignal,
): Promise<{ found: Libtensorflow; source: string }> {
  const root = process.env['LIBTENSORFLOW_ROOT']
  if (root !== undefined && root !== '') {
    const found = libtensorflowIn(resolve(root))
    if (found !== undefined) return { found, source: `LIBTENSORFLOW_ROOT, ${resolve(root)}` }
    throw new UsageError({
      where: `LIBTENSORFLOW_ROOT=${root}`,
      what: 'the folder has no TensorFlow',
      expected: 'include/tensorflow/c/c_api.h and the libraries beside it or in lib/',
      hint: 'correct or unset the variable',
    })
  }
  const folder = (await pythonPackage(signal)).trim()
  const found = folder === '' ? undefined : libtensorflowIn(resolve(folder))
  if (found === undefined) {
    throw new UsageError({
      where: 'LIBTENSORFLOW_ROOT and Python’s tensorflow',
      what: 'neither is set up',
      hint: 'set LIBTENSORFLOW_ROOT, or run `pip install tensorflow-cpu`',
    })
  }
  return { found, source: `Python’s tensorflow, ${folder}` }
}

async function pythonPackage(signal: AbortSignal): Promise<string> {
  try {
    return await runPython(['-c', FIND_PACKAGE], { signal, hint: 'install Python' })
  } catch (error) {
    if (signal.aborted || !isInputError(error)) throw error
    return ''
  }
}
