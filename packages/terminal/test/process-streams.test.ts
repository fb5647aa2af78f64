import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { processStreams } from '../src/process-streams.js'

/** A stream that refuses everything with this error from the second line on, as Node.js does. */
class FakeStream extends EventEmitter {
  written = ''
  attempts = 0
  readonly #code: string | undefined
  constructor(code?: string) {
    super()
    this.#code = code
  }

  write(text: string): void {
    this.attempts++
    if (this.#code === undefined || this.attempts === 1) this.written += text
    else {
      const error = Object.assign(new Error(this.#code), { code: this.#code })
      queueMicrotask(() => this.emit('error', error))
    }
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

function streams(codes: { out?: string; err?: string }, messagesOnOut = true) {
  const [stdout, stderr] = [new FakeStream(codes.out), new FakeStream(codes.err)]
  let times = 0
  const guarded = processStreams(stdout, stderr, { messagesOnOut, onRefused: () => times++ })
  return { stdout, stderr, guarded, times: () => times }
}

describe('a stream that takes no more text', () => {
  test.each([
    ['ENOSPC', 'the disk is full (ENOSPC)'],
    ['EBADF', 'EBADF (EBADF)'],
    ['EIO', 'the disk or the device fails (EIO)'],
  ])('is told once on the other one: %s', async (code, what) => {
    const line = (name: string) =>
      `${name}: ${what}; the rest of this output is lost, and all other work goes on\n`
    const full = streams({ out: code })
    for (const text of ['a', 'b', 'c']) {
      full.guarded.out.write(text)
      await soon()
    }
    expect([full.stdout.written, full.stdout.attempts]).toEqual(['a', 2])
    expect([full.stderr.written, full.times(), full.guarded.refused()]).toEqual([
      line('stdout'),
      1,
      true,
    ])
    const mute = streams({ err: code })
    mute.guarded.err.write('progress')
    mute.guarded.say('the message')
    await soon()
    expect(mute.stdout.written).toBe(`${line('stderr')}the message\n`)
    mute.guarded.say('another')
    expect(mute.stdout.written).toBe(`${line('stderr')}the message\nanother\n`)
  })

  test('is told once where it throws, as in Deno', () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    const stdout = new FakeStream()
    stdout.write = () => {
      throw full
    }
    const stderr = new FakeStream()
    let times = 0
    const { out, refused } = processStreams(stdout, stderr, {
      messagesOnOut: true,
      onRefused: () => times++,
    })
    out.write('a')
    out.write('b')
    expect(stderr.written).toBe(
      'stdout: the disk is full (ENOSPC); the rest of this output is lost, and all other work goes on\n',
    )
    expect([times, refused()]).toEqual([1, true])
  })

  test('is not told where its reader has gone away, nor among results that a program reads', async () => {
    const gone = streams({ out: 'EPIPE', err: 'EPIPE' })
    const json = streams({ err: 'ENOSPC' }, false)
    for (const { guarded } of [gone, json]) {
      for (const text of ['a', 'b', 'c']) {
        guarded.err.write(text)
        await soon()
      }
    }
    json.guarded.say('message')
    expect([gone.stdout.written, gone.stderr.written, gone.guarded.refused()]).toEqual([
      '',
      'a',
      false,
    ])
    expect([json.stdout.written, json.guarded.refused()]).toEqual(['', true])
  })

  test('may be both of them', async () => {
    const both = streams({ out: 'ENOSPC', err: 'ENOSPC' })
    for (let line = 0; line < 3; line++) {
      both.guarded.out.write('x')
      both.guarded.err.write('y')
      await soon()
    }
    both.guarded.say('message')
    await soon()
    expect([both.stdout.written, both.stderr.written, both.times()]).toEqual(['x', 'y', 2])
  })
})
