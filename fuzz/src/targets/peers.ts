import { Readable } from 'node:stream'
import { AnswerLines, LineError } from '../../../packages/bench/src/node/peers/answer-lines.js'
import {
  ANSWER_SCHEMAS,
  type AnswerType,
  type PeerRequest,
} from '../../../packages/bench/src/node/peers/messages.js'
import { answerOf, PeerError } from '../../../packages/bench/src/node/peers/peer-process.js'
import { checkMessage } from '../judge.js'
import { jsonBytes } from '../json-input.js'
import type { Target } from '../target.js'

const TIMED = { minSteps: 1, seconds: 0 }
/** The request that each answer belongs to. */
const REQUESTS: Readonly<Record<Exclude<AnswerType, 'failed'>, PeerRequest>> = {
  hello: { type: 'open', protocol: 1 },
  ready: { type: 'prepare', paritySteps: 3 } as PeerRequest,
  burst: { type: 'burst', warmup: TIMED, timed: TIMED },
  profile: { type: 'profile', timed: TIMED },
}
const INFO = { versions: { python: '3' }, threads: 1, details: 'd', simd: 'avx2', can: ['profile'] }

/** What another program answers to the benchmark. */
export const target: Target = {
  what: 'answers of programs that the benchmark measures',
  format: 'json',
  seeds: () => [
    jsonBytes({ type: 'hello', info: INFO }),
    jsonBytes({
      type: 'ready',
      losses: [2.3, 2.2, 2.1],
      compileMs: 1,
      firstStepMs: 2,
      details: 'd',
    }),
    jsonBytes({ type: 'burst', samplesMs: [1, 2], cpuMs: 3, peakRssBytes: 4096 }),
    jsonBytes({ type: 'profile', samplesMs: [1], phases: [{ phase: 'forward', ms: 1 }] }),
    jsonBytes({ type: 'failed', reason: 'no memory' }),
  ],
  words: [...Object.keys(ANSWER_SCHEMAS), 'type', 'info', 'losses', 'samplesMs', 'phases', '\n'],
  async run(bytes) {
    // The bytes arrive in two pieces, as from a pipe.
    const half = bytes.length >> 1
    const stream = new Readable({ read() {} })
    const lines = new AnswerLines(stream)
    const next = lines.next()
    stream.push(Buffer.from(bytes.subarray(0, half)))
    stream.push(Buffer.concat([bytes.subarray(half), Buffer.from('\n')]))
    try {
      const line = await next
      for (const type of Object.keys(REQUESTS) as (keyof typeof REQUESTS)[]) checkAnswer(line, type)
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      checkMessage(error.message)
    } finally {
      stream.destroy()
    }
  },
}

function checkAnswer(line: string, type: keyof typeof REQUESTS): void {
  try {
    answerOf(line, REQUESTS[type], type)
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    checkMessage(error.message)
  }
}
