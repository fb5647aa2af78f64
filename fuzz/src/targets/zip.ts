import { zipSync } from 'fflate'
import { unpackRun } from '../../../apps/web/src/user-files.js'
import type { Target } from '../target.js'

const RUN = new TextEncoder().encode('{"schema":"mnist-lab/run@1"}')
const WEIGHTS = new Uint8Array(64)

/** The archives that the page opens. */
export const target: Target = {
  what: 'the .zip of a run, as the page opens it',
  format: 'bytes',
  seeds: () => [
    zipSync({ 'run/run.json': RUN, 'run/weights.safetensors': WEIGHTS }, { level: 0 }),
    zipSync({ 'run.json': RUN, 'a/checkpoint.safetensors': WEIGHTS }, { level: 9 }),
    zipSync({ 'a.txt': RUN }),
    zipSync({}),
  ],
  words: [
    'PK\u0001\u0002',
    'PK\u0003\u0004',
    'PK\u0005\u0006',
    'PK\u0006\u0006',
    'PK\u0006\u0007',
    'run.json',
    'weights.safetensors',
    '__proto__',
    '../run.json',
  ],
  maxBytes: 8192,
  run: (bytes) => unpackRun([new File([bytes as Uint8Array<ArrayBuffer>], 'input.zip')]),
}
