import { describe, expect, test, vi } from 'vitest'
import { agreementLines, type StudyRun } from '../src/index.js'
import { type Finding, headings, madeUpStudy, publishedStudy, textOf } from './fixtures/study.js'

// These tests make many reports and read only their sentences. Drawing the charts would take most
// of the time.
vi.mock('@mnist-lab/report/charts', () => {
  const chart = () => '<svg></svg>'
  return { barChart: chart, confusionHeatmap: chart, lineChart: chart }
})

/** Returns findings by variant. A key such as `lenet5/once` is for softmax once. */
const by =
  (table: Record<string, Finding>, otherwise: Finding = { right: 900 }) =>
  ({ variant, loss }: StudyRun): Finding =>
    table[`${variant}${loss === 'softmaxCrossEntropy' ? '/once' : ''}`] ?? otherwise

describe('sentences turn with the results', () => {
  test('the original’s conclusions', () => {
    const asOriginal = textOf(
      madeUpStudy({
        find: by({
          lenet5: { right: 990 },
          'custom-mlp': { right: 300 },
          'lenet5-regularized': { right: 960, slope: 0.01 },
        }),
      }),
    )
    expect(asOriginal).toContain(
      '“The custom MLP has the highest average loss”: this study confirms this.',
    )
    expect(asOriginal).toContain(
      '“LeNet-5 has the best accuracy”: this study confirms this. The highest validation accuracy is 0.9900 (LeNet-5), and the second highest is 0.9600 (Regularised LeNet-5).',
    )
    expect(asOriginal).toContain(
      '“The regularised model’s loss is still falling at the end”: this study confirms this.',
    )
    const turned = textOf(
      madeUpStudy({
        find: by({
          lenet5: { right: 300 },
          'custom-mlp': { right: 990 },
          'lenet5-regularized': { right: 960, slope: -0.01 },
        }),
      }),
    )
    expect(turned).toContain(
      '“The custom MLP has the highest average loss”: this study does not confirm this. The validation losses are 0.0675 (LeNet-5)',
    )
    expect(turned).toContain(
      '“LeNet-5 has the best accuracy”: this study does not confirm this. The highest validation accuracy is 0.9900 (Custom MLP)',
    )
    expect(turned).toContain('still falling at the end”: this study does not confirm this')
  })

  test('agreement', () => {
    expect(agreementLines(publishedStudy())).toEqual(
      ['LeNet-5', 'Custom MLP', 'Regularised LeNet-5'].map(
        (name) => `${name} agrees with the original in all 4 measures (epochs 3 to 10).`,
      ),
    )
    expect(textOf(publishedStudy())).toContain('All 12 comparisons are within their tolerance.')
    const shifted = publishedStudy()
    shifted.runs[0]!.run.epochs[4]!.validation!.accuracy -= 0.0061
    expect(agreementLines(shifted)[0]).toBe(
      'LeNet-5 agrees with the original in 3 of 4 measures. Outside the tolerance: validation accuracy (epoch 5).',
    )
    expect(textOf(shifted)).toContain(
      'LeNet-5, validation accuracy: outside the tolerance in epoch 5 (difference −0.0061).',
    )
    shifted.runs[0]!.run.epochs[4]!.validation!.batchLossPerSample += 0.0008
    expect(textOf(shifted)).toMatch(
      /LeNet-5: the loss of a saturated model .* Accuracy does not explain the whole difference/,
    )
    shifted.runs[0]!.run.epochs[4]!.validation!.batchLossPerSample -= 0.0008
    shifted.runs[0]!.run.epochs[4]!.validation!.accuracy += 0.0002
    expect(textOf(shifted)).toContain('All 12 comparisons are within')
    expect(textOf(madeUpStudy({ epochs: 2, find: () => ({ right: 900 }) }))).toContain(
      'Nothing can be compared',
    )
  })

  test('training time', () => {
    expect(textOf(madeUpStudy({ secondsPerEpoch: 2, find: () => ({ right: 900 }) }))).toContain(
      'Training with validation takes 67.5 s in total, and the original took 3959.24 s. This study is 59 times as fast.',
    )
    expect(textOf(madeUpStudy({ secondsPerEpoch: 400, find: () => ({ right: 900 }) }))).toContain(
      'Training with validation takes 13500.0 s in total, and the original took 3959.24 s. This study is 3.4 times as slow.',
    )
    expect(textOf(madeUpStudy({ find: () => ({ right: 900 }) }))).toContain(
      'No other run of this study was training at the same time.',
    )
    const crowded = textOf(madeUpStudy({ runsAtOnce: 4, find: () => ({ right: 900 }) }))
    expect(crowded).toContain('shared the machine with up to 3 other runs')
    expect(crowded).not.toContain('No other run')
    expect(textOf(madeUpStudy({ epochs: 3, find: () => ({ right: 900 }) }))).toContain(
      'so they cannot be compared',
    )
  })

  test('significance: image by image with few seeds, over seeds with enough', () => {
    const find =
      (mlp: number, step: number) =>
      ({ variant, seed }: StudyRun) => ({
        right: variant === 'custom-mlp' ? mlp + step * seed : 950 + seed,
      })
    expect(textOf(madeUpStudy({ find: find(900, 1) }))).toContain(
      'LeNet-5 minus that of the MLP is +0.0500, which is significant (seed 1: 0 against 50 mistakes that the other model avoids, p < 0.001).',
    )
    expect(textOf(madeUpStudy({ find: find(948, 1) }))).toContain(
      'LeNet-5 minus that of the MLP is +0.0020, which is not significant (seed 1: 0 against 2 mistakes that the other model avoids, p = 0.500).',
    )
    expect(textOf(madeUpStudy({ seeds: 4, find: find(900, 1) }))).toContain(
      'which is significant (over 4 seeds each, p = 0.029)',
    )
    expect(textOf(madeUpStudy({ seeds: 4, find: find(950, 1) }))).toContain(
      '0.0000, which is not significant (over 4 seeds each, p = 1.000)',
    )
    expect(textOf(madeUpStudy({ find: find(1000 - 2, 1) }))).toContain(
      'LeNet-5 minus that of the MLP is −0.0480, which is significant',
    )
  })

  test('LeNet-5 against the MLP', () => {
    expect(
      textOf(madeUpStudy({ find: by({ lenet5: { right: 800 }, 'custom-mlp': { right: 400 } }) })),
    ).toContain(
      'LeNet-5’s validation accuracy is 0.8000, 0.4000 higher than the MLP’s 0.4000. LeNet-5 has 14 fewer parameters and 2.00 times the MLP’s accuracy per parameter. For one image it needs 6.9 times the MLP’s multiply-adds',
    )
    expect(
      textOf(madeUpStudy({ find: by({ lenet5: { right: 400 }, 'custom-mlp': { right: 800 } }) })),
    ).toContain('0.4000, 0.4000 lower than the MLP’s 0.8000')
    expect(textOf(madeUpStudy({ find: () => ({ right: 700 }) }))).toContain(
      '0.7000, the same as the MLP’s 0.7000',
    )
  })

  test('each technique: validation accuracy and gap', () => {
    const text = textOf(
      madeUpStudy({
        find: by(
          {
            lenet5: { right: 900, trained: 0.95 },
            'lenet5-relu': { right: 950, trained: 0.96 },
            'lenet5-max-pool': { right: 800, trained: 0.95 },
            'lenet5-dropout': { right: 901, trained: 0.951 },
            'lenet5-regularized': { right: 940, trained: 0.93 },
            'lenet5-weight-decay': { right: 900, trained: 0.9 },
          },
          { right: 600 },
        ),
      }),
    )
    expect(text).toContain(
      'ReLU alone raises the validation accuracy significantly: +0.0500 (seed 1',
    )
    expect(text).toContain('The gap is 0.0400 narrower than with no technique.')
    expect(text).toContain(
      'Max pooling alone lowers the validation accuracy significantly: −0.1000',
    )
    expect(text).toContain('The gap is 0.1000 wider than with no technique.')
    expect(text).toContain(
      'Dropout alone does not change the validation accuracy significantly: +0.0010 (seed 1',
    )
    expect(text).toContain('The gap is the same.')
    expect(text).toContain(
      'The gap is narrower with ReLU, weight decay and all techniques, but not with max pooling or dropout. The validation accuracy is significantly higher with ReLU and all techniques. It is significantly lower with max pooling. ' +
        'The best validation accuracy is that of LeNet-5 with ReLU (+0.0500).',
    )
    expect(
      textOf(
        madeUpStudy({
          find: by({ lenet5: { right: 990, trained: 0.98 } }, { right: 900, trained: 0.95 }),
        }),
      ),
    ).toContain(
      'None of these narrows the gap. None of these raises the validation accuracy significantly. It is significantly lower with ReLU, max pooling, dropout, weight decay and all techniques. The best validation accuracy is that of LeNet-5 with no technique.',
    )
  })

  test('softmax once, and saturation', () => {
    const text = textOf(
      madeUpStudy({
        find: by({
          lenet5: { right: 900 },
          'lenet5/once': { right: 990 },
          'custom-mlp': { right: 800, loss: 1.9 },
          'custom-mlp/once': { right: 700 },
        }),
      }),
    )
    expect(text).toContain(
      'LeNet-5: the mean validation loss is 1.5612. If the model were saturated, it would be 1.5612 (difference 0.0000). The model is nearly saturated.',
    )
    expect(text).toContain(
      'Custom MLP: the mean validation loss is 1.9000. If the model were saturated, it would be 1.6612 (difference +0.2388). The model is not saturated.',
    )
    expect(text).toContain(
      'LeNet-5: the accuracy with softmax once minus that with softmax twice is +0.0900, which is significant',
    )
    expect(text).toContain(
      'Custom MLP: the accuracy with softmax once minus that with softmax twice is −0.1000',
    )
    expect(text).toContain('Softmax once is significantly better for 1 of 3 models.')
  })

  test.each([
    ['dropout', [300, 320, 900, 950], 'Dropout is what holds the MLP back'],
    ['the second softmax', [300, 900, 320, 950], 'The second softmax is what holds the MLP back'],
    ['either', [300, 900, 920, 950], 'Each of the two alone holds the MLP back'],
    ['both together', [300, 320, 330, 950], 'The two hold the MLP back together'],
    ['neither', [940, 941, 942, 943], 'Neither holds the MLP back'],
  ])('what holds the MLP back: %s', (_, [asIs, once, without, both], words) => {
    const study = madeUpStudy({
      find: by({
        'custom-mlp': { right: asIs! },
        'custom-mlp/once': { right: once! },
        'custom-mlp-no-dropout': { right: without! },
        'custom-mlp-no-dropout/once': { right: both! },
      }),
    })
    expect(textOf(study)).toContain(words)
    expect(headings(study)).toContain(asIs! >= 900 ? 'The MLP learns' : 'Why the MLP hardly learns')
  })

  test('a run that diverged is a result, and in no mean', () => {
    const find = by({
      'custom-mlp': { right: 300 },
      'custom-mlp/once': { right: 215 },
      'custom-mlp-no-dropout': { right: 950 },
      'custom-mlp-no-dropout/once': { right: 970 },
    })
    const { study, runs } = madeUpStudy({ epochs: 4, find })
    const lost = (run: StudyRun) =>
      run.variant === 'custom-mlp' && run.loss === 'softmaxCrossEntropy'
    const text = textOf({
      study,
      runs: runs.filter(({ planned }) => !lost(planned)),
      diverged: runs.filter(({ planned }) => lost(planned)),
    })
    expect(text).toContain(
      'Training diverged in 1 run, because the loss became infinite or not a number: Custom MLP, softmax once, seed 1, in epoch 5 (validation accuracy before: 0.2150).',
    )
    expect(text).not.toContain('are finished')
    expect(text).not.toContain('With softmax once, LeNet-5’s')
    expect(text).toContain(
      'Without the second softmax the accuracy is 0.0850 lower, without dropout it is 0.6500 higher, and',
    )
    expect(text).toContain('Dropout is what holds the MLP back')
  })

  test('figures that cannot be compared with the original', () => {
    const study = madeUpStudy({ find: () => ({ right: 900 }) })
    expect(textOf(study)).not.toMatch(/other data|only the first \d/)
    const settings = { ...study.study.settings, limit: 640, data: '/somewhere/fashion' }
    const other = textOf({ ...study, study: { ...study.study, settings } })
    expect(other).toContain('These runs use other data (mnist).')
    expect(other).toContain(
      'These runs use only the first 640 training images, so their figures cannot be compared',
    )
  })

  test('the description of a confusion matrix', () => {
    expect(textOf(madeUpStudy({ find: () => ({ right: 999 }) }))).toContain(
      '1 of 1,000 images is classified wrongly. The most frequent mistake is a 9 classified as a 0 (1 time).',
    )
    const study = madeUpStudy({ find: () => ({ right: 1000 }) })
    expect(textOf(study)).toContain('0 of 1,000 images are classified wrongly.')
    expect(textOf(study)).toContain('LeNet-5, seed 1 makes no mistakes.')
    const { confusion = [] } = study.runs[0]!.evaluation
    for (let label = 0; label < 10; label++)
      [confusion[label * 10]!, confusion[label * 10 + 4]!] = [
        confusion[label * 10]! + confusion[label * 10 + 4]!,
        0,
      ]
    expect(textOf(study)).toContain('The model never predicts 4.')
  })

  test('has only figures in its sentences that depend on the results, except for known constants', () => {
    const one = textOf(
      madeUpStudy({
        secondsPerEpoch: 2.345,
        find: ({ variant, loss }) => ({
          right: 501 + 19 * variant.length + 3 * loss.length,
          trained: 0.7713 + variant.length / 977,
          loss: 1.7719 + variant.length / 613,
          slope: 0.0131,
        }),
      }),
    )
    const other = textOf(
      madeUpStudy({
        secondsPerEpoch: 345.1,
        find: ({ variant, loss }) => ({
          right: 912 - 13 * variant.length - loss.length,
          trained: 0.5127 - variant.length / 1913,
          loss: 2.1933 - variant.length / 787,
          slope: -0.0277,
        }),
      }),
    )
    const numbers = (text: string) => new Set(text.match(/\d+\.\d{2,}/g))
    const shared = [...numbers(one)].filter((number) => numbers(other).has(number))
    // The training plan, tolerances, sizes in MB, bounds of the loss, the original’s time, and how
    // far its losses are from what its accuracies give.
    const fixed = [
      '0.02',
      '0.003',
      '0.375',
      '0.25',
      '0.05',
      '0.00',
      '0.11',
      '0.24',
      '0.35',
      '1.4612',
      '2.4612',
      '3959.24',
      '0.001',
      '0.00020',
      '0.00052',
      '0.00007',
    ]
    expect(shared.filter((number) => !fixed.includes(number))).toEqual([])
  })
})
