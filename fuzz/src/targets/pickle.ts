import { lenet5, type ModelSpec } from '@mnist-lab/models'
import { importModel } from '@mnist-lab/models/import'
import { zipSync } from 'fflate'
import type { Target } from '../target.js'

const SPEC: ModelSpec = {
  name: 'a',
  inputShape: [1, 2, 1],
  layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
}
const STORAGE = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const tensor = (name: string, sizes: string, strides: string) =>
  `X${String.fromCharCode(name.length)}\0\0\0${name}ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0` +
  `0X\x03\0\0\0cpuK\x04tQK\0${sizes}${strides}\x89ccollections\nOrderedDict\n)RtR`

/**
 * What `torch.save` writes, without its archive, in which the numbers are in files of their own.
 */
export const target: Target = {
  what: 'state_dicts that torch.save wrote, as pickles',
  format: 'bytes',
  seeds: () => [
    latin1(
      `\x80\x02ccollections\nOrderedDict\nq\0)Rq\x01(${tensor('a.weight', 'K\x02K\x02\x86', 'K\x02K\x01\x86')}${tensor('a.bias', 'K\x02\x85', 'K\x01\x85')}u.`,
    ),
    latin1(
      `\x80\x02}(X\x0a\0\0\0state_dict}${tensor('a.weight', 'K\x02K\x02\x86', 'K\x01K\x02\x86')}sX\x05\0\0\0epochM\x01\x02u}q\x05h\x05b0.`,
    ),
    latin1(
      '\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94(\x8c\x01aJ\x01\0\0\0G@\0\0\0\0\0\0\0\x8a\x01\x05Neee.',
    ),
    latin1('\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.'),
  ],
  words: [
    'ctorch\nFloatStorage\n',
    'ccollections\nOrderedDict\n',
    'ctorch._utils\n',
    '_rebuild_tensor_v2\n',
    '_rebuild_parameter\n',
    'storage',
    'state_dict',
    'a.weight',
  ],
  maxBytes: 2048,
  run(bytes) {
    const file = zipSync({ 'a/data.pkl': bytes, 'a/data/0': STORAGE }, { level: 0 })
    return importModel(file, 'input', { spec: bytes.length % 2 === 0 ? SPEC : lenet5() })
  },
}
