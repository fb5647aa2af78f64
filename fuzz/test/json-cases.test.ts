// Models and answers of measured programs as people have them, and such as are made to harm.
import { printable, safeFileName } from '@mnist-lab/core'
import { inferShapes, type ModelSpec } from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import type { AnswerType, PeerRequest } from '../../packages/bench/src/node/peers/messages.js'
import { answerOf, PeerError } from '../../packages/bench/src/node/peers/peer-process.js'
import { loadModel } from '../../packages/cli/src/named-model.js'
import { inputFile } from '../src/input-file.js'
import { checkMessage, faultOf } from '../src/judge.js'

const load = (text: string) => loadModel(inputFile('model.json', new TextEncoder().encode(text)))
const dense = (units: number) => ({ type: 'dense', units })
const model = (name: string, side: number, ...layers: object[]) =>
  JSON.stringify({ name, inputShape: [side, side, 1], layers: [{ type: 'flatten' }, ...layers] })

describe('a model is read', () => {
  test.each<[string, string, number]>([
    ['of images with an odd number of pixels', model('odd', 27, dense(32), dense(10)), 10],
    ['of 27 classes', model('letters', 28, dense(27)), 27],
    ['of two classes', model('binary', 28, dense(2)), 2],
    ['of more outputs than classes', model('wide', 28, dense(12)), 12],
  ])('%s', async (_, text, classes) => {
    const { spec } = await load(text)
    expect(inferShapes(spec).at(-1)!.outputShape).toEqual([classes])
  })

  test.each<[string, string]>([
    ['that leaves the folder', '../../evil'],
    ['with control characters', '\u001b[31mred\u001b]0;title\u0007'],
  ])('with a name %s, which becomes harmless', async (_, name) => {
    const { spec } = await load(model(name, 28, dense(10)))
    expect(safeFileName(spec.name)).not.toMatch(/[/\\]|^\.|\p{Cc}/u)
    expect(printable(spec.name)).not.toMatch(/\p{Cc}/u)
  })
})

describe('a model is refused with one line', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  test.each<[string, string, RegExp]>([
    ['that is nested deeply', `{"name":"a","inputShape":[28,28,1],"layers":${deep}}`, /./],
    [
      'that is nested deeply in a layer',
      model('a', 28).replace('flatten"', `flatten","a":${deep}`),
      /./,
    ],
    ['with a word of Keras', model('a', 28, { ...dense(2), activation: 'relu' }), /activation/],
    ['with a layer of no type', model('a', 28, { type: '__proto__' }), /type/],
  ])('%s', async (_, text, message) => {
    const error: unknown = await load(text).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Error)
    expect(faultOf(error)).toBeUndefined()
    expect((error as Error).message).toMatch(message)
  })
})

const TIMED = { minSteps: 1, seconds: 0 }
const REQUESTS = {
  hello: { type: 'open', protocol: 1 },
  ready: { type: 'prepare', paritySteps: 3, spec: {} as ModelSpec } as PeerRequest,
  burst: { type: 'burst', warmup: TIMED, timed: TIMED },
} as const satisfies Partial<Record<AnswerType, PeerRequest>>

/** The wrong answers of a program, by the request that it answers to. */
const WRONG: readonly [mode: string, asked: keyof typeof REQUESTS, line: string][] = [
  ['junk', 'hello', Buffer.from([0x80, 0xff, 0x1b, 0x5b, 0x07, 0xd8, 0x9c]).toString('utf8')],
  ['endless', 'hello', 'A'.repeat(2 ** 20)],
  ['noinfo', 'hello', '{"type":"hello"}'],
  ['null', 'hello', 'null'],
  ['deep', 'hello', `{"type":"hello","info":${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
  ['ansi', 'hello', '{"type":"failed","reason":"\\u001b[2J\\u001b]0;pwn\\u0007 bad"}'],
  ['no reason', 'hello', '{"type":"failed","reason":""}'],
  ['badver', 'hello', '{"type":"hello","info":{"versions":5,"threads":"x","details":{"a":1}}}'],
  ['nolosses', 'ready', '{"type":"ready"}'],
  ['nanloss', 'ready', '{"type":"ready","losses":[1e999,null,"x"]}'],
  ['length', 'ready', '{"type":"ready","losses":{"length":{"toString":1}}}'],
  ['nosamples', 'burst', '{"type":"burst"}'],
  ['strsamples', 'burst', '{"type":"burst","samplesMs":["a",-1,null]}'],
  ['empty', 'burst', '{"type":"burst","samplesMs":[]}'],
  ['neg', 'burst', '{"type":"burst","samplesMs":[-1,-2],"cpuMs":-5,"peakRssBytes":-1}'],
]

describe('an answer of another program is refused with one line', () => {
  test.each(WRONG)('%s', (_, asked, line) => {
    let error: unknown
    try {
      answerOf(line, REQUESTS[asked], asked)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(PeerError)
    checkMessage((error as Error).message)
  })
})
