import type { StudyRun } from '../src/study-result.js'
import { describe, expect, test, vi } from 'vitest'
import { agreementLines } from '../src/index.js'
import { type Finding, headings, madeUpStudy, publishedStudy, textOf } from './fixtures/study.js'

// Only sentences are looked at here, and of many studies: drawings would take nearly all of the time.
vi.mock('../src/charts/svg.js', async (original) => ({
  ...(await original<object>()),
  renderSvg: () => '<svg></svg>',
}))

/** Findings by variant; softmax once after a slash. */
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
    expect(asOriginal).toContain('“The custom MLP has the highest average loss”: so it has here')
    expect(asOriginal).toContain(
      '“LeNet-5 has the best accuracy”: so it has here. LeNet-5 is first with 0.9900, Regularised LeNet-5 second with 0.9600',
    )
    expect(asOriginal).toContain(
      '“The regularised model’s loss is still falling at the end”: so it is here',
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
      '“The custom MLP has the highest average loss”: not here. Validation losses: 0.0675 (LeNet-5)',
    )
    expect(turned).toContain('“LeNet-5 has the best accuracy”: not here. Custom MLP is first')
    expect(turned).toContain('still falling at the end”: not here')
  })

  test('agreement', () => {
    expect(agreementLines(publishedStudy())).toEqual(
      ['LeNet-5', 'Custom MLP', 'Regularised LeNet-5'].map(
        (name) => `${name}: agrees with the original in all 4 measures, epochs 3 to 10`,
      ),
    )
    expect(textOf(publishedStudy())).toContain('Everything agrees: all 12 comparisons')
    const shifted = publishedStudy()
    shifted.runs[0]!.run.epochs[4]!.validation!.accuracy -= 0.0061
    expect(agreementLines(shifted)[0]).toBe(
      'LeNet-5: agrees with the original in 3 of 4 measures; not in validation accuracy (epoch 5)',
    )
    expect(textOf(shifted)).toContain(
      'LeNet-5, validation accuracy: 1 of 8 epochs is beyond the tolerance (5), at most −0.0061.',
    )
    shifted.runs[0]!.run.epochs[4]!.validation!.batchLossPerSample += 0.0008
    expect(textOf(shifted)).toMatch(
      /LeNet-5: a saturated model’s loss .* accuracy does not explain the whole difference/,
    )
    shifted.runs[0]!.run.epochs[4]!.validation!.batchLossPerSample -= 0.0008
    shifted.runs[0]!.run.epochs[4]!.validation!.accuracy += 0.0002
    expect(textOf(shifted)).toContain('Everything agrees')
    expect(textOf(madeUpStudy({ epochs: 2, find: () => ({ right: 900 }) }))).toContain(
      'Nothing can be compared',
    )
  })

  test('training time', () => {
    expect(textOf(madeUpStudy({ secondsPerEpoch: 2, find: () => ({ right: 900 }) }))).toContain(
      'Together 67.5 s against 3959.24 s: 59 times as fast.',
    )
    expect(textOf(madeUpStudy({ secondsPerEpoch: 400, find: () => ({ right: 900 }) }))).toContain(
      'Together 13500.0 s against 3959.24 s: 3.4 times as long.',
    )
    expect(textOf(madeUpStudy({ find: () => ({ right: 900 }) }))).toContain(
      'No other run of this study was training beside them.',
    )
    const crowded = textOf(madeUpStudy({ runsAtOnce: 4, find: () => ({ right: 900 }) }))
    expect(crowded).toContain('shared the machine with up to 3 other runs')
    expect(crowded).not.toContain('No other run')
    expect(textOf(madeUpStudy({ epochs: 3, find: () => ({ right: 900 }) }))).toContain(
      'they do not compare',
    )
  })

  test('significance: image by image with few seeds, over seeds with enough', () => {
    const find =
      (mlp: number, step: number) =>
      ({ variant, seed }: StudyRun) => ({
        right: variant === 'custom-mlp' ? mlp + step * seed : 950 + seed,
      })
    expect(textOf(madeUpStudy({ find: find(900, 1) }))).toContain(
      'LeNet-5 less MLP: +0.0500, more than chance explains (seed 1: 0 against 50 mistakes of its own, p < 0.001)',
    )
    expect(textOf(madeUpStudy({ find: find(948, 1) }))).toContain(
      'LeNet-5 less MLP: +0.0020, no more than chance may explain (seed 1: 0 against 2 mistakes of its own, p = 0.500)',
    )
    expect(textOf(madeUpStudy({ seeds: 4, find: find(900, 1) }))).toContain(
      'more than chance explains (over 4 seeds each, p = 0.029)',
    )
    expect(textOf(madeUpStudy({ seeds: 4, find: find(950, 1) }))).toContain(
      '0.0000, no more than chance may explain (over 4 seeds each, p = 1.000)',
    )
    expect(textOf(madeUpStudy({ find: find(1000 - 2, 1) }))).toContain(
      'LeNet-5 less MLP: −0.0480, more than chance',
    )
  })

  test('LeNet-5 against the MLP', () => {
    expect(
      textOf(madeUpStudy({ find: by({ lenet5: { right: 800 }, 'custom-mlp': { right: 400 } }) })),
    ).toContain(
      'LeNet-5’s validation accuracy is 0.8000, 0.4000 higher than the MLP’s 0.4000. With 14 fewer parameters it gets 2.00 times the MLP’s accuracy per parameter. It needs 6.9 times the MLP’s multiply-adds',
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
      'ReLU alone raises the validation accuracy: +0.0500, more than chance explains',
    )
    expect(text).toContain('The gap is 0.0400 narrower than without.')
    expect(text).toContain('Max pooling alone lowers the validation accuracy: −0.1000')
    expect(text).toContain('The gap is 0.1000 wider than without.')
    expect(text).toContain(
      'Dropout alone makes no difference to the validation accuracy that the test can tell: +0.0010, no more than chance',
    )
    expect(text).toContain('The gap is the same.')
    expect(text).toContain(
      'narrower with ReLU, weight decay and all together, not with max pooling and dropout. Better validation accuracy, by more than chance: ReLU and all together. Worse, by more than chance: max pooling. ' +
        'The best by validation accuracy is ReLU (+0.0500).',
    )
    expect(
      textOf(
        madeUpStudy({
          find: by({ lenet5: { right: 990, trained: 0.98 } }, { right: 900, trained: 0.95 }),
        }),
      ),
    ).toContain(
      'narrower with none of these. None makes the validation accuracy better by more than chance. Worse, by more than chance: ReLU, max pooling, dropout, weight decay and all together. The best by validation accuracy is LeNet-5 with none of them.',
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
      'LeNet-5: mean validation loss 1.5612; saturated it would be 1.5612, 0.0000 away: it is as good as saturated.',
    )
    expect(text).toContain(
      'Custom MLP: mean validation loss 1.9000; saturated it would be 1.6612, +0.2388 away: it is not saturated.',
    )
    expect(text).toContain('LeNet-5, softmax once less twice: +0.0900, more than chance')
    expect(text).toContain('Custom MLP, softmax once less twice: −0.1000')
    expect(text).toContain('Softmax once is better by more than chance for 1 of 3 models.')
  })

  test.each([
    ['dropout', [300, 320, 900, 950], 'So it is dropout that holds it back'],
    ['the second softmax', [300, 900, 320, 950], 'So it is the second softmax that holds it back'],
    ['either', [300, 900, 920, 950], 'Each of them alone holds it back'],
    ['both together', [300, 320, 330, 950], 'the two hold it back together'],
    ['neither', [940, 941, 942, 943], 'Neither holds it back'],
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
      'Training diverged, the loss became infinite or no number: Custom MLP, softmax once, seed 1, in epoch 5 (validation accuracy before: 0.2150).',
    )
    expect(text).not.toContain('are finished')
    expect(text).not.toContain('Softmax once: LeNet-5’s')
    expect(text).toContain('Softmax once alone: 0.0850 lower. No dropout alone: 0.6500 higher.')
    expect(text).toContain('So it is dropout that holds it back')
  })

  test('what does not compare with the original', () => {
    const study = madeUpStudy({ find: () => ({ right: 900 }) })
    expect(textOf(study)).not.toMatch(/other data|Only the first/)
    const settings = { ...study.study.settings, limit: 640, data: '/somewhere/fashion' }
    const other = textOf({ ...study, study: { ...study.study, settings } })
    expect(other).toContain('These runs are of other data (mnist).')
    expect(other).toContain(
      'Only the first 640 training images were used: such figures do not compare',
    )
  })

  test('what a confusion matrix shows', () => {
    expect(textOf(madeUpStudy({ find: () => ({ right: 999 }) }))).toContain(
      '1 of 1,000 images is wrong. Most often a 9 is taken for a 0: 1 time.',
    )
    const study = madeUpStudy({ find: () => ({ right: 1000 }) })
    expect(textOf(study)).toContain('0 of 1,000 images are wrong.')
    expect(textOf(study)).toContain('LeNet-5, seed 1 makes no mistake.')
    const { confusion } = study.runs[0]!.evaluation
    for (let label = 0; label < 10; label++)
      [confusion[label * 10]!, confusion[label * 10 + 4]!] = [
        confusion[label * 10]! + confusion[label * 10 + 4]!,
        0,
      ]
    expect(textOf(study)).toContain('The model never says 4.')
  })

  test('has no figure in its sentences that two studies share, but for what does not depend on results', () => {
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
    // The plan, the tolerances, sizes in MB, versions, the loss’s bounds, the original’s time and its losses beyond what its accuracies give.
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
