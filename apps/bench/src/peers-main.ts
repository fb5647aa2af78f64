import { runProgram, statusLine, type Terminal, UsageError } from '@mnist-lab/terminal'
import { loadMnist } from '@mnist-lab/data/node'
import { writeFileAtomic } from '@mnist-lab/core/node'
import {
  assertWritable,
  enginesText,
  findTorch,
  finishEnvironment,
  isTorch,
  measureCell,
  parsePeersOptions,
  peersCaption,
  peersCell,
  type PeersCell,
  peersExitCode,
  type PeersOptions,
  peersResult,
  peersTable,
  startEnvironment,
  startPeer,
  TORCH_HINT,
  writeMaterials,
} from '@mnist-lab/bench/node'

async function main(terminal: Terminal): Promise<number> {
  const { out, signal } = terminal
  const asked = parsePeersOptions(process.argv.slice(2), process.env, out)
  if (asked === undefined) return 0
  if (asked.out !== undefined) await assertWritable('--out', asked.out)
  const python = await pythonFor(asked, terminal)
  const options =
    python === undefined
      ? { ...asked, setups: asked.setups.filter(({ engine }) => !isTorch(engine)) }
      : asked
  const environment = await startEnvironment()
  out.write(`${peersCaption(environment, options)}\n`)
  const cells = await measure(options, python, terminal)
  signal.throwIfAborted()
  out.write(`\n${enginesText(cells)}\n`)
  if (asked.out !== undefined) {
    const result = peersResult(asked, await finishEnvironment(environment), cells)
    await writeFileAtomic(asked.out, `${JSON.stringify(result)}\n`)
  }
  const leftOut = options.setups.length < asked.setups.length
  return peersExitCode(cells, asked.setupsByName) || (leftOut && asked.setupsByName ? 2 : 0)
}

/** Only when a set-up needs it; without PyTorch one line says how to get it, and ours go on alone. */
async function pythonFor(
  { setups, python: named }: PeersOptions,
  { err, signal }: Terminal,
): Promise<string | undefined> {
  if (!setups.some(({ engine }) => isTorch(engine))) return undefined
  const python = await findTorch(named, signal)
  if (python === undefined && setups.every(({ engine }) => isTorch(engine))) {
    throw new UsageError({
      where: '--setups',
      what: 'no Python here imports torch',
      hint: TORCH_HINT,
    })
  }
  if (python === undefined)
    err.write(`${named ?? 'python3'} -c "import torch" fails: ${TORCH_HINT}\n`)
  return python
}

async function measure(
  options: PeersOptions,
  python: string | undefined,
  { out, err, signal }: Terminal,
): Promise<PeersCell[]> {
  const cells: PeersCell[] = []
  const line = statusLine(err)
  const materials = await writeMaterials(await loadMnist(), options.models, options.seed)
  try {
    for (const model of options.models) {
      for (const batchSize of options.batches) {
        const measured = await measureCell(model, batchSize, options, {
          materials,
          startPeer,
          python,
          signal,
          onProgress: line.show,
        })
        const cell = peersCell(measured, options.seed)
        line.clear()
        out.write(`\n${peersTable(cell)}\n`)
        cells.push(cell)
      }
    }
  } finally {
    line.clear()
    await materials.remove()
  }
  return cells
}

await runProgram(main)
