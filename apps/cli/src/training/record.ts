/**
 * What a run tells while it goes on, beside its lines: the event file of TensorBoard and `report.html`, after each epoch and at the end. None of it touches
 * what is learned.
 */
import type { Parameters, StepReport } from '@capsnet/capsules';
import type { ExampleSet } from '../data/examples.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import { createReconstructor, type Reconstructor } from '../evaluation/reconstruct.js';
import { count } from '../output/format.js';
import { resultSections } from '../reports/results.js';
import { runReport, type RunReport } from '../reports/run-report.js';
import { resultTiles } from '../reports/test-report.js';
import { recordedSettings } from '../settings/settings.js';
import type { ReadEvent } from '../tensorboard/events.js';
import { openEventLog } from '../tensorboard/log.js';
import { sheetOf } from '../tensorboard/sheet.js';
import { version } from '../version.js';
import type { Position } from './checkpoint.js';
import { protocolOf } from './config.js';
import type { EpochEvent } from './report.js';
import { choosingSplit, type Best, type Outcome, type Run } from './run.js';

export interface Weights {
  readonly parameters: Parameters;
  readonly state: Parameters;
}

export interface Recorder {
  /** After each step. */
  step(report: StepReport): void;
  /** After each epoch, before its state is kept. */
  epoch(event: EpochEvent, tested: Evaluation, best: Best, weights: Weights): Promise<void>;
  /** At the end, with the best weights and their test. */
  finish(outcome: Outcome, weights: Weights): Promise<void>;
  /** Gives memory back. */
  release(): void;
}

/** Tags of values between the ends of epochs, and of the result; see `keeps`. */
const batchGroup = 'batches/';
const resultGroup = 'result/';
/** Points of the loss that an epoch is worth. */
const pointsPerEpoch = 40;
/** Images that TensorBoard shows. */
const shownImages = 8;

/**
 * Which events of earlier sittings stay: those of steps that the checkpoint has. The values of an epoch are written before the state that has its end; they
 * go when that state was lost. A result belongs to where the run ended, and it has gone on.
 */
export const keeps =
  ({ epoch, step }: Pick<Position, 'epoch' | 'step'>, stepsPerEpoch: number) =>
  (event: ReadEvent): boolean => {
    if (event.tags.some((tag) => tag.startsWith(resultGroup))) return false;
    const last = event.tags.every((tag) => tag.startsWith(batchGroup)) ? step : epoch * stepsPerEpoch;
    return event.step <= last;
  };

/** Opens the records of a run, new or resumed from a position. */
export function openRecorder(run: Run, stepsPerEpoch: number, position: Position | undefined): Recorder {
  const { folder, model, backend, settings, training, validation, testing, config } = run;
  const choosing = choosingSplit(run);
  const log = folder.guard('the event file', () =>
    openEventLog(folder.directory, position ? { keep: keeps(position, stepsPerEpoch) } : {}),
  );
  const batches: (readonly [step: number, loss: number])[] = log.kept.flatMap(({ step, scalars }) => {
    const loss = scalars.get(`${batchGroup}loss`);
    return loss === undefined ? [] : [[step, loss]];
  });
  const window = Math.max(1, Math.ceil(stepsPerEpoch / pointsPerEpoch));
  let gathered = { images: 0, loss: 0 };
  let reconstructor: Reconstructor | undefined;
  const add: typeof log.add = (step, values) => folder.guard('the event file', () => log.add(step, values));

  const write = async (
    best: Best,
    { split, where, evaluation, weights }: Shown,
    drawing: Reconstructor,
    ended: Pick<RunReport, 'protocol' | 'result'> = { protocol: protocolOf(validation, config) },
  ): Promise<void> => {
    const results = await resultSections({ ...weights, split, evaluation, reconstructor: drawing, where });
    const page = runReport({
      modelName: settings.model,
      datasetName: settings.dataset,
      ...ended,
      settings: recordedSettings(settings),
      epochsWanted: settings.epochs,
      epochs: folder.metrics().filter((event): event is EpochEvent => event.event === 'epoch'),
      batches,
      best,
      facts: [
        ['training images', count(training.count)],
        ...(validation ? [['validation images', count(validation.count)] as const] : []),
        ['test images', count(testing.count)],
        ['image size', training.shape.join(' x ')],
        ['runs on', backend.description],
        ['capsnet', version],
      ],
      results,
    });
    folder.write('report.html', page);
  };

  return {
    step({ step, images, loss }) {
      gathered = { images: gathered.images + images, loss: gathered.loss + loss * images };
      if (step % window !== 0 && step % stepsPerEpoch !== 0) return;
      const mean = gathered.loss / gathered.images;
      gathered = { images: 0, loss: 0 };
      batches.push([step, mean]);
      add(step, { scalars: { [`${batchGroup}loss`]: mean } });
    },
    async epoch(event, tested, best, weights) {
      const { set: split, name } = choosing;
      reconstructor ??= createReconstructor(model, split, backend);
      const shown = tested.verdicts.slice(0, shownImages);
      const drawings = await reconstructor.draw(
        weights.parameters,
        weights.state,
        shown.map(({ index, predicted, second }) => ({ index, classes: [predicted, second] })),
      );
      const decodes = drawings[0]!.reconstructions.length > 0;
      add(event.step, {
        scalars: {
          'train/loss': event.loss,
          'train/accuracy': event.accuracy,
          'train/classification_loss': event.margin,
          'train/reconstruction_loss': event.reconstruction,
          'train/learning_rate': event.learningRate,
          'train/images_per_second': event.imagesPerSecond,
          [`${name}/loss`]: event.valLoss,
          [`${name}/accuracy`]: event.valAccuracy,
        },
        ...(decodes ? { images: { [`${name}/reconstructions`]: sheetOf(drawings, split.decodings) } } : {}),
      });
      const where = `the ${name} split after epoch ${event.epoch}`;
      await write(best, { split, where, evaluation: tested, weights }, reconstructor);
      reconstructor.release();
    },
    async finish({ ending, best, epochs, tested, protocol }, weights) {
      const step = folder.metrics().at(-1)?.['step'];
      add(typeof step === 'number' ? step : 0, {
        scalars: {
          [`${resultGroup}test_accuracy`]: tested.accuracy,
          [`${resultGroup}test_error`]: tested.error,
          [`${resultGroup}test_loss`]: tested.loss,
          [`${resultGroup}best_epoch`]: best.epoch,
        },
      });
      const words = {
        epochs: epochs === 1 ? 'its epoch is done' : `all ${epochs} epochs are done`,
        'early-stop': `ended after epoch ${epochs}, because none of the last ${settings.earlyStop ?? 0} was better`,
        'stop-after': `the time was up in epoch ${epochs + 1} of ${settings.epochs}`,
      }[ending];
      const drawing = createReconstructor(model, testing, backend);
      try {
        await write(best, { split: testing, where: 'the test split', evaluation: tested, weights }, drawing, {
          protocol,
          result: { tiles: resultTiles(testing, tested).slice(0, -1), ending: words },
        });
      } finally {
        drawing.release();
      }
    },
    release: () => reconstructor?.release(),
  };
}

interface Shown {
  readonly split: ExampleSet;
  readonly where: string;
  readonly evaluation: Evaluation;
  readonly weights: Weights;
}
