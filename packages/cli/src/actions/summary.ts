import { printable, printableJson } from '@mnist-lab/core'
import { renderTorchinfo, renderTorchsummary, summary } from '@mnist-lab/models'
import { loadModel } from '../named-model.js'
import type { CommandContext } from '../commands/command.js'
import type { SummaryFlags } from '../commands/summary.js'

/** The default batch size of training. */
const PROGRAM_BATCH = 32

/** Prints the layers of a model, or its program on the fused engine. */
export async function printSummary(
  model: string,
  { style, batch, json, program: isProgram }: SummaryFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const { spec } = await loadModel(model)
  const shown = { ...spec, name: printable(spec.name) }
  if (isProgram) {
    const { describeProgram, renderProgram } = await import('@mnist-lab/backends/fused')
    const description = describeProgram(json ? spec : shown, {
      batchSize: batch ?? PROGRAM_BATCH,
    })
    const text = json ? printableJson(description) : renderProgram(description)
    terminal.out.write(`${text}\n`)
    return
  }
  const result = summary(json ? spec : shown, batch === undefined ? {} : { batchSize: batch })
  const render = style === 'torchsummary' ? renderTorchsummary : renderTorchinfo
  terminal.out.write(`${json ? printableJson(result) : render(result)}\n`)
}
