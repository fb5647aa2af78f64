import { z } from 'zod'
import { benchEnvironmentSchema } from './environment.js'
import { inverted } from './ratios.js'
import { BENCH_SCHEMA, type BenchResult, benchResultSchema } from './result-schema.js'
import { turnsCells, type TurnsGroup, turnsOrder } from './turns-result.js'

/** A result that was read, or the reason why the JSON does not hold one. */
export type ParsedBench =
  | { readonly ok: true; readonly result: BenchResult }
  | { readonly ok: false; readonly what: string; readonly hint: string }

/** The schema of `pnpm bench` before it had turns. */
const VERSION_2 = 'mnist-lab/bench@2'
/** The schema of `pnpm bench:peers` when it was a separate program. */
const PEERS_VERSION_1 = 'mnist-lab/bench-peers@1'

/** Older schemas, each with the function that turns its JSON into JSON of the current schema. */
const UPGRADES: Readonly<Record<string, (json: object) => unknown>> = {
  [VERSION_2]: fromVersion2,
  [PEERS_VERSION_1]: fromPeersVersion1,
}

/** Reads a result from JSON, of the current schema or of an older one that can be upgraded. */
export function parseBenchResult(json: unknown): ParsedBench {
  const schema =
    typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined
  const isOlder = typeof schema === 'string' && Object.hasOwn(UPGRADES, schema)
  const upgrade = isOlder ? UPGRADES[schema] : undefined
  if (schema !== BENCH_SCHEMA && upgrade === undefined) {
    const older = typeof schema === 'string' && /^mnist-lab\/bench@\d+$/.test(schema)
    return {
      ok: false,
      what: `expected a bench result of schema ${[BENCH_SCHEMA, ...Object.keys(UPGRADES)].join(' or ')}, got ${typeof schema === 'string' ? schema : 'something else'}`,
      hint: older
        ? 'it is of another version of mnist-lab: measure again, or read it with that version'
        : 'name a file that bench --json wrote',
    }
  }
  try {
    const upgraded = upgrade === undefined ? json : upgrade(json as object)
    return { ok: true, result: benchResultSchema.parse(upgraded) }
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    const { path, message } = error.issues[0]!
    return {
      ok: false,
      what: `${path.join('.')}: ${message}`,
      hint: 'name a file that bench --json wrote, unchanged',
    }
  }
}

/** The earlier names of PyTorch's peers in fresh processes. */
const RENAMED: Readonly<Record<string, string>> = {
  pytorch: 'torch',
  'pytorch-nhwc': 'torch-nhwc',
  'pytorch-compile': 'torch-compile',
}

const named = z.looseObject({ backend: z.string() })
const version2Schema = z.looseObject({
  protocol: z.looseObject({ baseline: z.string(), order: z.array(named) }),
  cells: z.array(named),
})

/** Version 2 had one mode, called a hint `remedy`, and named PyTorch's peers `pytorch`. */
function fromVersion2(json: object): unknown {
  const { protocol, cells, ...rest } = version2Schema.parse(json)
  const rename = <T extends { backend: string }>(cell: T): T => ({
    ...cell,
    backend: RENAMED[cell.backend] ?? cell.backend,
  })
  return {
    ...rest,
    schema: BENCH_SCHEMA,
    protocol: {
      ...protocol,
      mode: 'fresh',
      baseline: RENAMED[protocol.baseline] ?? protocol.baseline,
      order: protocol.order.map(rename),
    },
    cells: cells.map(({ remedy, ...cell }) =>
      rename(remedy === undefined ? cell : { hint: remedy, ...cell }),
    ),
  }
}

const count = z.number().int().nonnegative()
const budget = z.object({ minSteps: count, seconds: z.number() })
const engineSchema = z.object({
  setup: z.string(),
  info: z.object({
    versions: z.record(z.string(), z.string()),
    threads: z.number().int().positive(),
    details: z.string(),
  }),
  // JSON turned the losses of a training that diverged into null.
  losses: z.array(z.number().nullable()).transform((losses) => losses.map((one) => one ?? NaN)),
  rounds: z.array(z.array(z.number()).min(1)).min(1),
  versusBaseline: z
    .object({
      ratio: z.number(),
      low: z.number(),
      high: z.number(),
      confidence: z.number(),
      resamples: count,
    })
    .optional(),
})
const peersVersion1Schema = z.object({
  environment: benchEnvironmentSchema,
  protocol: z.object({
    rounds: z.number().int().positive(),
    seed: count,
    setups: z.array(z.string()).min(1),
    firstWarmup: budget,
    burstWarmup: budget,
    timed: budget,
    pauseMs: z.number(),
    training: z.object({ learningRate: z.number(), momentum: z.number() }),
    parity: z.object({ steps: z.number().int().positive(), lossTolerance: z.number() }),
  }),
  cells: z.array(
    z.object({
      model: z.string(),
      batchSize: z.number().int().positive(),
      peers: z.array(engineSchema),
      skipped: z.array(z.object({ setup: z.string(), reason: z.string() })),
      orders: z.array(z.array(z.string())),
    }),
  ),
})

/** The numbers of samples in MNIST, which the old files do not contain. */
const MNIST = { trainSamples: 60_000, testSamples: 10_000 }

/** The ratio of a file of `bench:peers` was one of times: above 1 was slower. */
function fromPeersVersion1(json: object): unknown {
  const { environment, protocol, cells: old } = peersVersion1Schema.parse(json)
  const { rounds, seed, setups, firstWarmup, burstWarmup, timed, pauseMs } = protocol
  const baseline = setups[0]!
  const groups = old.map(({ peers, skipped, ...group }): TurnsGroup => ({
    ...group,
    engines: peers.map(({ setup: engine, info, losses, rounds }) => ({
      engine,
      info,
      losses,
      rounds,
    })),
    skipped: skipped.map(({ setup: engine, reason }) => ({
      engine,
      reason,
      hint: 'see docs/benchmark.md',
    })),
    failed: [],
  }))
  const recorded = old.flatMap(({ peers }) => peers.map(({ versusBaseline }) => versusBaseline))
  let at = 0
  const cells = turnsCells(groups, { seed, baseline, trainSamples: MNIST.trainSamples }).map(
    (cell) => {
      if (cell.status !== 'ok') return cell
      const ratio = recorded[at++]
      // The interval stays the one that was printed at that time.
      return ratio === undefined
        ? cell
        : { ...cell, versusBaseline: { ...cell.versusBaseline, ...inverted(ratio) } }
    },
  )
  return {
    schema: BENCH_SCHEMA,
    status: 'completed',
    environment,
    protocol: {
      mode: 'turns',
      repetitions: rounds,
      warmup: firstWarmup,
      turn: { warmup: burstWarmup, pauseMs },
      budget: timed,
      seed,
      order: turnsOrder(groups),
      baseline,
      parity: protocol.parity,
      training: protocol.training,
      dataset: { name: 'mnist', ...MNIST },
    },
    cells,
    overhead: [],
  }
}
