import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@mnist-lab/terminal'
import { firstThatRuns, runCommand } from '../setup/run-command.js'
import type { Stage } from '../setup/stage.js'
import type { Prepared } from './prepared.js'
import { KERNELS } from './tfjs-node-package.js'

const BINDING = 'tfjs_binding.node'
const MUTE = 'mute_stderr.node'

/** The newest version of Node-API that tfjs-node's addon supports. */
const NAPI_VERSION = 8

/** A TensorFlow that the addon can be compiled against. */
export interface Libtensorflow {
  /** Absolute paths. The library with the C API comes first. */
  readonly libraries: readonly string[]
  /** The folder with `tensorflow/c/c_api.h`. */
  readonly include: string
}

/** Returns the file names of the libraries in Python wheels and in release archives. */
export function libraryNames(platform: NodeJS.Platform): readonly (readonly string[])[] {
  return platform === 'darwin'
    ? [
        ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
        ['libtensorflow.2.dylib', 'libtensorflow_framework.2.dylib'],
      ]
    : [
        ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
        ['libtensorflow.so.2', 'libtensorflow_framework.so.2'],
      ]
}

/**
 * Finds TensorFlow in the folder of a release archive, which has `lib` and `include`, or of a
 * Python package, which has its libraries next to `include`.
 */
export function libtensorflowIn(
  root: string,
  platform: NodeJS.Platform = process.platform,
): Libtensorflow | undefined {
  const include = join(root, 'include')
  if (!existsSync(join(include, 'tensorflow', 'c', 'c_api.h'))) return undefined
  for (const folder of [root, join(root, 'lib')]) {
    for (const names of libraryNames(platform)) {
      const libraries = names.map((name) => join(folder, name))
      if (libraries.every((library) => existsSync(library))) return { libraries, include }
    }
  }
  return undefined
}

/**
 * Compiles tfjs-node's addon against a TensorFlow, and a second addon that keeps TensorFlow quiet
 * while it loads.
 *
 * Both work in every Node.js since 12.22, because Node-API does not change.
 *
 * @throws UsageError when there is no compiler, or the compiler fails
 */
export async function compileBinding(
  { include, libraries }: Libtensorflow,
  stage: Stage,
): Promise<Pick<Prepared, 'binding' | 'muteStderr'>> {
  const { folder, signal, say } = stage
  const compiler = await findCompiler(signal)
  say(`compiling the addon with ${compiler}`)
  const sources = join(folder, KERNELS, 'binding')
  const shared = [
    '-std=c++17',
    '-O2',
    '-shared',
    '-fPIC',
    '-w',
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    '-I',
    nodeApiHeaders(),
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
  ]
  // The compiler's own files stay in the stage, which is removed when the compiler is ended.
  const temporary = join(folder, 'compiling')
  await mkdir(temporary)
  const compile = (args: readonly string[]) =>
    runCommand(compiler, [...shared, ...args], {
      signal,
      temporary,
      hint: `the TensorFlow in ${dirname(libraries[0]!)} may be incompatible with tfjs-node; use another version`,
    })
  await compile([
    '-I',
    include,
    '-I',
    join(folder, KERNELS),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
    ...libraries,
    // Not `-Wl,-rpath,PATH`, which a comma in the path would end.
    ...['-rpath', rpath(dirname(libraries[0]!), folder)].flatMap((word) => ['-Xlinker', word]),
    '-o',
    join(folder, BINDING),
  ])
  await compile([
    '-DNODE_GYP_MODULE_NAME=mute_stderr',
    fileURLToPath(new URL('../../native/mute-stderr.cc', import.meta.url)),
    '-o',
    join(folder, MUTE),
  ])
  await rm(temporary, { recursive: true })
  return { binding: BINDING, muteStderr: MUTE }
}

/**
 * Returns where the addon looks for the libraries: relative to itself when they are in the stage,
 * which will be moved, and by their absolute path otherwise.
 *
 * @throws UsageError when the path cannot be stored
 */
function rpath(libraryFolder: string, stageFolder: string): string {
  const within = relative(stageFolder, libraryFolder)
  if (within.startsWith('..')) {
    // On Linux, a colon separates two paths.
    if (libraryFolder.includes(':') && process.platform !== 'darwin')
      throw new UsageError({
        where: libraryFolder,
        what: 'the path of TensorFlow has a colon, which the addon cannot store',
        hint: 'set LIBTENSORFLOW_ROOT to a copy of this TensorFlow in another folder',
      })
    return libraryFolder
  }
  const origin = process.platform === 'darwin' ? '@loader_path' : '$ORIGIN'
  return within === '' ? origin : `${origin}/${within}`
}

/**
 * Returns the headers of Node-API from an npm package, because many installations of Node.js come
 * without them.
 */
function nodeApiHeaders(): string {
  return join(
    dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
    'include',
  )
}

/**
 * Returns the name of a C++ compiler that runs.
 *
 * @throws UsageError when there is none
 */
export async function findCompiler(signal: AbortSignal): Promise<string> {
  const candidates = [process.env['CXX'] ?? '', 'c++', 'g++', 'clang++'].filter(
    (name) => name !== '',
  )
  const compiler = await firstThatRuns(candidates, signal)
  if (compiler !== undefined) return compiler
  const install =
    process.platform === 'darwin'
      ? '`xcode-select --install`'
      : '`apt install g++`, or the equivalent for your system'
  throw new UsageError({
    where: 'C++ compiler',
    what: `none of these programs runs: ${candidates.map((name) => basename(name)).join(', ')}`,
    hint: `install one: ${install}`,
  })
}
