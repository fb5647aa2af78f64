import { models } from '@mnist-lab/models'
import { start } from '../lab.ts'
import type { RunSettings } from '../messages.ts'
import { backends, cores, isolated, refusals, settings } from '../state.ts'

const MODEL_NAMES: Readonly<Record<RunSettings['model'], string>> = {
  lenet5: 'LeNet-5',
  'custom-mlp': 'Custom MLP',
  'lenet5-regularized': 'LeNet-5 with regularisation',
}
const BACKEND_DESCRIPTIONS: Readonly<Record<string, string>> = {
  fused: 'mnist-lab’s own engine',
  'fused-js': 'mnist-lab’s own engine in JavaScript',
  wasm: 'TensorFlow.js',
  webgpu: 'TensorFlow.js',
  webgl: 'TensorFlow.js',
  cpu: 'TensorFlow.js',
}

function change(part: Partial<RunSettings>): void {
  settings.value = { ...settings.value, ...part }
}

/** The settings of a new run. */
export function SettingsForm() {
  const { model, images, loss } = settings.value
  return (
    <form
      class="card settings"
      aria-labelledby="settings-title"
      onSubmit={(event) => {
        event.preventDefault()
        start()
      }}
    >
      <h2 id="settings-title">Settings</h2>
      <fieldset disabled={refusals.value.train !== undefined}>
        <label class="field">
          Model
          <select
            name="model"
            value={model}
            onChange={({ currentTarget }) =>
              change({ model: currentTarget.value as RunSettings['model'] })
            }
          >
            {Object.keys(models).map((name) => (
              <option value={name} key={name}>
                {MODEL_NAMES[name as RunSettings['model']]}
              </option>
            ))}
          </select>
        </label>
        <Backends />
        <div class="pair">
          <WholeNumber label="Batch size" name="batchSize" min={1} max={Math.min(4096, images)} />
          <label class="field">
            Learning rate
            <input
              type="number"
              required
              min={0.00001}
              max={10}
              step="any"
              inputMode="decimal"
              value={settings.value.learningRate}
              onChange={({ currentTarget }) =>
                change({ learningRate: currentTarget.valueAsNumber })
              }
            />
          </label>
          <WholeNumber label="Epochs" name="epochs" min={1} max={1000} />
          <WholeNumber label="Seed" name="seed" min={0} max={2 ** 53 - 1} />
          <label class="field">
            Training images
            <select
              name="images"
              value={images}
              onChange={({ currentTarget }) => change({ images: Number(currentTarget.value) })}
            >
              {[3200, 12_800, 60_000].map((count) => (
                <option value={count} key={count}>
                  {count.toLocaleString('en-US')}
                </option>
              ))}
            </select>
          </label>
          <WholeNumber
            label="Threads"
            name="threads"
            min={1}
            max={isolated.value ? Math.max(1, cores.value) : 1}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={loss === 'doubleSoftmaxCrossEntropy'}
            onChange={({ currentTarget }) =>
              change({
                loss: currentTarget.checked ? 'doubleSoftmaxCrossEntropy' : 'softmaxCrossEntropy',
              })
            }
          />
          Apply softmax twice, as the original study did
        </label>
        <button type="submit" class="primary">
          Train from the beginning
        </button>
      </fieldset>
    </form>
  )
}

/** The choice of a backend, with the reason for each that this browser cannot run. */
function Backends() {
  return (
    <fieldset class="backends">
      <legend>Backend</legend>
      {backends.value.length === 0 && (
        <p class="hint">Checking which backends this browser can run …</p>
      )}
      {backends.value.map(({ name, probe }) => (
        <label key={name} class={probe.ok ? 'backend' : 'backend absent'}>
          <input
            type="radio"
            name="backend"
            value={name}
            checked={settings.value.backend === name}
            disabled={!probe.ok}
            aria-describedby={`backend-${name}`}
            onChange={() => change({ backend: name })}
          />
          <span class="backend-name">{name}</span>
          <span class="hint" id={`backend-${name}`}>
            {BACKEND_DESCRIPTIONS[name]}
            {probe.ok ? `; ${probe.detail}` : `. Not available: ${probe.reason}; ${probe.hint}.`}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function WholeNumber({
  label,
  name,
  min,
  max,
}: {
  readonly label: string
  readonly name: 'batchSize' | 'epochs' | 'seed' | 'threads'
  readonly min: number
  readonly max: number
}) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        required
        min={min}
        max={max}
        step={1}
        inputMode="numeric"
        value={settings.value[name]}
        onChange={({ currentTarget }) => change({ [name]: currentTarget.valueAsNumber })}
      />
    </label>
  )
}
