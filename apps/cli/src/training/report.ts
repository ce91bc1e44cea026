/** What a training tells its user: at the start, after each epoch, at the end; as text or as events. */
import { count, duration, loss as showLoss, percent, plural } from '../output/format.js';
import { emit, type Event } from '../output/json.js';
import type { Outcome, Run } from './run.js';

/** What is about to happen. */
export function announce({ console, settings, training, testing, backend }: Run): void {
  const { model, dataset, batchSize, augment, seed, out } = settings;
  console.note(
    `${model} on ${dataset}: ${count(training.count)} training and ${plural(testing.count, 'test image')}` +
      `${augment ? ', augmented' : ''}, batches of ${batchSize}, seed ${seed}`,
  );
  console.note(`backend ${backend.description}; writing to ${out}`);
}

/** An epoch as `--json` and `metrics.jsonl` tell it: `loss`, `accuracy` of training, `val...` of the test split. */
export interface EpochEvent extends Event {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
}

/** Records an epoch and shows it. */
export function reportEpoch({ folder, console, json, settings }: Run, event: EpochEvent): void {
  folder.record(event);
  if (json) {
    emit(console, event);
    return;
  }
  console.note(
    `epoch ${event.epoch}/${settings.epochs}  loss ${showLoss(event.loss)} acc ${percent(event.accuracy)}  ` +
      `test loss ${showLoss(event.valLoss)} acc ${percent(event.valAccuracy)}  ${Math.round(event.imagesPerSecond)} img/s`,
  );
}

/** The result. */
export function reportResult(
  { folder, console, json, settings }: Run,
  { last, best }: Outcome,
  seconds: number,
): void {
  if (json) {
    emit(console, {
      event: 'done',
      accuracy: last.accuracy,
      error: last.error,
      count: last.count,
      misclassified: last.misclassified.length,
      misclassifiedIndices: last.misclassified.map(({ index }) => index),
      loss: last.loss,
      bestEpoch: best.epoch,
      bestAccuracy: best.accuracy,
      bestEpochOn: 'test',
      epochs: settings.epochs,
      seconds,
      weights: folder.lastWeights,
      bestWeights: folder.bestWeights,
      ...(settings.picture === undefined ? {} : { picture: settings.picture }),
    });
    return;
  }
  const { green, bold } = console.colours.result;
  const lines = [
    `${bold(green(percent(last.accuracy)))} of ${plural(last.count, 'test image')} right, ${count(last.misclassified.length)} wrong, after ${duration(seconds)}.`,
    ...(best.epoch < settings.epochs
      ? [`Best epoch on the test split: ${best.epoch} with ${percent(best.accuracy)}.`]
      : []),
    `Weights:   ${folder.lastWeights}`,
    `           ${folder.bestWeights} (best on the test split)`,
    ...(settings.picture === undefined ? [] : [`Picture:   ${settings.picture}`]),
    `Test them: capsnet test --weights ${folder.bestWeights} --dataset ${settings.dataset}`,
  ];
  console.result(`${lines.join('\n')}\n`);
}
