import type { LayerInfo } from '../layers.js'
import type { Window } from '../window.js'
import { type ModelToExport, showsOrder } from './model-to-export.js'

/**
 * Returns a Python program with the model as a class of PyTorch and a function that loads its
 * weights.
 *
 * @param weights the name of the file with the weights, beside the program
 */
export function pythonProgram(
  { spec, infos, normalization }: ModelToExport,
  weights: string,
): string {
  const modules = infos.flatMap((info) =>
    modulesOf(info).map(([name, module]) => `        self.${name} = ${module}`),
  )
  const steps = infos.flatMap((info, at) => {
    const order = showsOrder(infos, at) ? ['        x = x.permute(0, 2, 3, 1)'] : []
    return [...order, ...modulesOf(info).map(([name]) => `        x = self.${name}(x)`)]
  })
  const [height, width, channels] = spec.inputShape
  const normalize =
    normalization === undefined
      ? []
      : [`        x = (x - ${normalization.mean}) / ${normalization.std}`]
  return `"""A model that mnist-lab exported for PyTorch.

    from model import load
    model = load()
    outputs = model(pixels)  # pixels: [batch, ${channels}, ${height}, ${width}], from 0 to 1
"""
from pathlib import Path

from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
${modules.join('\n') || '        pass'}

    def forward(self, x):
${[...normalize, ...steps].join('\n')}
        return x


def load(path=Path(__file__).with_name(${JSON.stringify(weights)})):
    """Returns the model with its weights, ready to predict."""
    from safetensors.torch import load_file

    model = Model()
    model.load_state_dict(load_file(path))
    return model.eval()
`
}

/** Returns the modules of a layer, each with its name. */
function modulesOf({
  name,
  layer,
  inputShape,
  window,
}: LayerInfo): readonly (readonly [name: string, module: string])[] {
  switch (layer.type) {
    case 'conv2d': {
      const { top, bottom, left, right } = window!.padding
      const isEven = top === bottom && left === right
      const fields = [inputShape[2]!, layer.filters, tuple(window!.size)]
      const options = [
        window!.stride.join() === '1,1' ? [] : [`stride=${tuple(window!.stride)}`],
        isEven && (top > 0 || left > 0) ? [`padding=${tuple([top, left])}`] : [],
      ].flat()
      const module = `nn.Conv2d(${[...fields, ...options].join(', ')})`
      const zeros = `nn.ZeroPad2d((${left}, ${right}, ${top}, ${bottom}))`
      return isEven
        ? [[name, module]]
        : [
            [`${name}_padding`, zeros],
            [name, module],
          ]
    }
    case 'dense':
      return [[name, `nn.Linear(${inputShape[0]}, ${layer.units})`]]
    case 'avgPool2d':
      return [[name, `nn.AvgPool2d(${poolFields(window!)})`]]
    case 'maxPool2d':
      return [[name, `nn.MaxPool2d(${poolFields(window!)})`]]
    case 'tanh':
      return [[name, 'nn.Tanh()']]
    case 'relu':
      return [[name, 'nn.ReLU()']]
    case 'dropout':
      return [[name, `nn.Dropout(${layer.rate})`]]
    case 'flatten':
      return [[name, 'nn.Flatten()']]
    case 'softmax':
      return [[name, 'nn.Softmax(dim=1)']]
  }
}

function poolFields({ size, stride }: Window): string {
  return `${tuple(size)}, stride=${tuple(stride)}`
}

function tuple([height, width]: readonly [number, number]): string {
  return height === width ? String(height) : `(${height}, ${width})`
}
