import { isInputError } from '@mnist-lab/core'
import { describe, expect, test } from 'vitest'
import { DEFAULT_PLAN } from '@mnist-lab/bench'
import { parseOptions } from '../src/options.js'

const surroundings = { env: {}, out: { write() {} }, version: '1.2.3' }
const parse = (...argv: string[]) => parseOptions(argv, surroundings)

describe('options', () => {
  test('are every backend and LeNet-5 by default', () => {
    expect(parse()).toEqual({
      plan: {
        mode: 'fresh',
        engines: ['fused', 'wasm', 'node', 'fused-js', 'cpu'],
        peers: [],
        named: [],
        models: ['lenet5'],
        batchSizes: [32],
        threads: [undefined],
        repetitions: 8,
        budget: { seconds: 1, minSteps: 3, maxSteps: 2000 },
        seed: 1,
        seeds: 5,
        maxEpochs: 20,
        profile: false,
        comparison: { alpha: 0.05, minEffect: 0.03 },
      },
      files: {},
      allowOtherMachine: false,
    })
  })

  test('take lists, all and numbers; a leading -- changes nothing', () => {
    const argv = [
      '--backend=cpu, cpu,wasm',
      '--model=all',
      '--batch=8',
      '--reps=2',
      '--steps=7',
      '--seed=0',
      '--threads=2',
      '--json=a',
      '--markdown=m',
      '--html=h',
      '--svg=b',
      '--profile',
      '--to-accuracy=0.98',
      '--seeds=3',
      '--max-epochs=9',
      '--timeout=30',
      '--slow-down=10%',
      '--against=o',
      '--fail-if-slower=5%',
      '--min-effect=0.02',
    ]
    expect(parse(...argv)).toEqual({
      plan: {
        mode: 'fresh',
        engines: ['cpu', 'wasm'],
        peers: [],
        named: ['cpu', 'wasm'],
        models: ['lenet5', 'custom-mlp', 'lenet5-regularized'],
        batchSizes: [8],
        threads: [2],
        repetitions: 2,
        budget: { steps: 7 },
        seed: 0,
        seeds: 3,
        maxEpochs: 9,
        profile: true,
        toAccuracy: 0.98,
        slowDown: 0.1,
        answerSeconds: 30,
        comparison: { alpha: 0.05, minEffect: 0.02 },
      },
      against: 'o',
      failIfSlower: 0.05,
      files: { json: 'a', markdown: 'm', html: 'h', svg: 'b' },
      allowOtherMachine: false,
    })
    expect(parse('--', ...argv)).toEqual(parse(...argv))
  })

  test('sweep over batch sizes and threads', () => {
    expect(parse('--sweep=batch=1,8,32', '--sweep=threads=1,2')!.plan).toMatchObject({
      batchSizes: [1, 8, 32],
      threads: [1, 2],
    })
  })

  test('take peers by name, and by a command', () => {
    const { plan, python } = parse(
      '--backend=none',
      '--peer=torch,tfjs-stock',
      '--peer=mine=./peer --fast',
      '--python=p',
    )!
    expect(plan.peers.map(({ name, executable }) => `${name} ${executable}`)).toEqual([
      'torch p',
      `tfjs-stock ${process.execPath}`,
      'mine ./peer',
    ])
    expect(plan.peers[2]!.args).toEqual(['--fast'])
    expect(plan.engines).toEqual(['torch', 'tfjs-stock', 'mine'])
    expect(plan.named).toEqual(plan.engines)
    expect(python).toBe('p')
    const fromVariable = parseOptions(['--peer=torch'], {
      ...surroundings,
      env: { PYTHON: 'q' },
    })!
    expect(fromVariable.plan.peers[0]!.executable).toBe('q')
    expect(fromVariable.python).toBe('q')
  })

  test('accept the earlier names of PyTorch', () => {
    expect(parse('--peer=pytorch,pytorch-nhwc,pytorch-compile')!.plan.engines.slice(-3)).toEqual([
      'torch',
      'torch-nhwc',
      'torch-compile',
    ])
  })

  test('take engines with threads and a runtime, and peers among the backends', () => {
    const { plan } = parse(
      '--in=node,chromium',
      '--backend=fused:2,wasm,fused@firefox,wasm:2@firefox,torch:1,tfjs-stock',
    )!
    expect(plan.engines).toEqual([
      'fused:2',
      'wasm',
      'fused@firefox',
      'wasm:2@firefox',
      'torch:1',
      'tfjs-stock',
      'fused:2@chromium',
      'wasm@chromium',
    ])
    expect(plan.peers.map(({ name }) => name)).toEqual(['torch', 'tfjs-stock'])
    expect(plan.named).toEqual(plan.engines)
  })

  test('take all runtimes, each with one backend, and know which of them were named', () => {
    const { engines, named, namedRuntimes, slowRuntimes } = parse('--in=all')!.plan
    for (const engine of ['fused', 'fused@node22', 'fused@bun', 'fused@deno', 'fused@chromium'])
      expect(engines).toContain(engine)
    expect(engines.filter((engine) => engine.endsWith('@jitless'))).toHaveLength(1)
    expect(named).toEqual([])
    expect([namedRuntimes, slowRuntimes]).toEqual([
      undefined,
      expect.arrayContaining(['jitless']) as string[],
    ])
    const some = parse('--in=all,deno', '--backend=fused,wasm@bun')!.plan
    expect(some.engines).not.toContain('fused@jitless')
    expect(some.named).toEqual(['fused', 'wasm@bun', 'fused@deno'])
    expect(some.namedRuntimes).toEqual(['deno'])
    expect(parse('--in=bun,node=/opt/node')!.plan).toMatchObject({
      engines: expect.arrayContaining(['cpu@bun', 'fused@node=/opt/node']) as string[],
      named: [],
      namedRuntimes: ['bun', 'node=/opt/node'],
    })
  })

  test('take unlisted backends only by name', () => {
    expect(parse('--backend=wasm,wasm-stock')!.plan.engines).toEqual(['wasm', 'wasm-stock'])
    expect(parse('--backend=all')!.plan.engines).not.toContain('wasm-stock')
  })

  test.each([
    ['--help', /--backend <names>/],
    ['--version', /^1\.2\.3\n$/],
  ])('of %s are a text, and nothing to run', (flag, expected) => {
    let text = ''
    const out = { write: (part: string) => void (text += part) }
    expect(parseOptions([flag], { ...surroundings, out })).toBeUndefined()
    expect(text).toMatch(expected)
  })

  test.each([
    ['--backend=webgl9', /backend webgl9: unknown.*cpu/],
    ['--backend=', /--backend: expected names/],
    ['--model=lenet', /model lenet: unknown.*did you mean lenet5/],
    ['--fast', /unknown option '--fast'/],
    ['--batch=0', /--batch: expected a whole number from 1 to 60000, got "0"/],
    ['--batch=1e3', /--batch: expected a whole number/],
    ['--reps=-1', /--reps: expected a whole number/],
    ['--steps=1.5', /--steps: expected a whole number/],
    ['--seconds=0', /--seconds: expected a number above 0 to 3600/],
    ['--seconds=soon', /--seconds: expected a number above 0/],
    ['--seed=9007199254740992', /--seed: expected a whole number/],
    ['--sweep=size=1', /--sweep: expected batch=… or threads=…/],
    ['--sweep=batch=1,none', /--sweep batch: expected a whole number/],
    ['--peer=torch9', /peer torch9: unknown, expected one of torch.*tfjs-stock/],
    ['--peer=x=', /--peer: expected name=command/],
    ['--peer=wasm=./a', /wasm is the name of a backend/],
    ['--peer=pytorch,pytorch', /torch is there twice/],
    ['--timeout=0', /--timeout: expected/],
    ['--slow-down=ten', /--slow-down: expected a share, as 5% or 0\.05/],
    ['--to-accuracy=98', /--to-accuracy: expected a number above 0 to 1/],
    ['--fail-if-slower=5%', /name a saved result: --against/],
    ['--backend=none', /there is nothing to measure/],
    ['--rounds=3', /--rounds: only --turns has rounds; add --turns/],
    ['--backend=fused:0', /engine fused:0: expected engine, engine:threads/],
    ['--backend=fused@safari', /engine fused@safari: expected some of node, .*chromium, firefox/],
    ['--backend=node@chromium', /backend node: it runs only in Node.js/],
    ['--backend=wasm@jitless', /backend wasm: it does not run in jitless, expected one of/],
    ['--in=node=', /--in: expected some of node, .*node=PATH, got node=/],
    ['--backend=torch@chromium', /engine torch@chromium: a peer is a separate program/],
    ['--peer=a:b=./c', /--peer: expected name=command/],
    ['--peer=torch=./c', /torch is the name of another peer/],
    ['lenet5', /too many arguments/],
  ])('%s is refused in one line that says why', (flag, message) => {
    let thrown: unknown
    try {
      parse(flag)
    } catch (error) {
      thrown = error
    }
    expect(isInputError(thrown)).toBe(true)
    expect((thrown as Error).message).toMatch(message)
    expect((thrown as Error).message).not.toContain('\n')
  })

  test('take a number of steps or of seconds, but not both', () => {
    expect(() => parse('--steps=3', '--seconds=1')).toThrow(/cannot be used with/)
  })
})

describe('options of turns', () => {
  const turns = (...argv: string[]) => parse('--turns', ...argv)
  const defaults = [
    'fused:1',
    'fused:2',
    'torch:1',
    'torch:2',
    'torch-nhwc:1',
    'torch-nhwc:2',
    'torch-compile:1',
    'torch-compile:2',
  ]

  test('are LeNet-5 at batch 32, fused first, PyTorch beside it', () => {
    const command = turns()!
    expect(command.plan).toMatchObject({
      mode: 'turns',
      models: ['lenet5'],
      batchSizes: [32],
      repetitions: 20,
      budget: { seconds: 0.15, minSteps: 5 },
      seed: 1,
      engines: defaults,
      named: [],
    })
    expect(command.plan.peers.map(({ name }) => name)).toEqual([
      'torch',
      'torch-nhwc',
      'torch-compile',
    ])
    expect(command).not.toHaveProperty('python')
  })

  test('take the old flags of bench:peers, and prefer the flag --python to the variable', () => {
    const argv = [
      '--turns',
      '--models=all',
      '--batches=1, 8',
      '--setups=wasm,torch:2',
      '--rounds=3',
      '--seconds=0.5',
      '--python=p',
      '--out=o',
    ]
    const command = parseOptions(argv, { ...surroundings, env: { PYTHON: 'q' } })!
    expect(command).toMatchObject({
      plan: {
        ...DEFAULT_PLAN,
        mode: 'turns',
        models: ['lenet5', 'custom-mlp', 'lenet5-regularized'],
        batchSizes: [1, 8],
        engines: ['wasm:1', 'torch:2'],
        named: ['wasm:1', 'torch:2'],
        threads: [1],
        repetitions: 3,
        budget: { seconds: 0.5, minSteps: 5 },
        peers: [{ name: 'torch', executable: 'p' }],
      },
      python: 'p',
      files: { json: 'o' },
    })
    expect(parseOptions(['--turns'], { ...surroundings, env: { PYTHON: 'q' } })).toMatchObject({
      python: 'q',
    })
  })

  test('take peers of any kind, and threads for engines whose names have none', () => {
    expect(turns('--backend=fused', '--peer=mine=./peer', '--threads=2')!.plan).toMatchObject({
      engines: ['fused:2', 'mine:2'],
      peers: [{ name: 'mine' }],
    })
    expect(turns('--backend=fused,wasm:1', '--sweep=threads=1,2')!.plan.engines).toEqual([
      'fused:1',
      'fused:2',
      'wasm:1',
    ])
  })

  test('have the same meaning without --turns if they exist there', () => {
    expect(parse('--models=custom-mlp', '--batches=4,8', '--out=o')).toMatchObject({
      plan: { mode: 'fresh', models: ['custom-mlp'], batchSizes: [4, 8] },
      files: { json: 'o' },
    })
  })

  test.each([
    [['--setups=torch9'], /backend torch9: unknown/],
    [['--setups=fused:0'], /engine fused:0: expected engine, engine:threads/],
    [['--setups=fused:1:1'], /engine fused:1:1/],
    [['--setups=fused,fused:1'], /fused:1 is there twice/],
    [['--setups='], /--setups: expected names/],
    [['--setups=fused', '--backend=fused'], /cannot be used with/],
    [['--batches=8,none'], /--batches: expected a whole number/],
    [['--models=lenet'], /did you mean lenet5/],
    [['--quick'], /unknown option '--quick'; see bench --help/],
    [['--reps=3'], /--reps: --turns repeats rounds and not processes; use --rounds/],
    [['--profile'], /--profile: only fresh processes are profiled; leave out --turns/],
    [['--to-accuracy=0.9'], /--to-accuracy: .*leave out --turns/],
    [['--slow-down=10%'], /--slow-down: .*leave out --turns/],
    [['--against=a.json'], /--against: .*leave out --turns/],
    [
      ['--in=chromium', '--backend=fused'],
      /engine fused@chromium: only processes of Node\.js and peers can take turns/,
    ],
  ])('%j are refused in one line that says why', (argv, message) => {
    let thrown: unknown
    try {
      turns(...argv)
    } catch (error) {
      thrown = error
    }
    expect(isInputError(thrown)).toBe(true)
    expect((thrown as Error).message).toMatch(message)
    expect((thrown as Error).message).not.toContain('\n')
  })
})
