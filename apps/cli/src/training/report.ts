/** What a training tells its user: at the start, after each epoch, at the end; as text or as events. */
import { unitOf } from '../data/examples.js';
import { outcomeOf } from '../evaluation/words.js';
import { count, duration, loss as showLoss, percent, plural } from '../output/format.js';
import { emit, type Event } from '../output/json.js';
import { protocolOf } from './config.js';
import { choosingSplit, resumeCommand, type Outcome, type Run } from './run.js';

/** What is about to happen. */
export function announce({ console, settings, training, validation, testing, backend }: Run): void {
  const { model, dataset, batchSize, augment, seed, out } = settings;
  const unit = unitOf(training);
  const held = validation ? `, ${count(validation.count)} for validation` : '';
  console.note(
    `${model} on ${dataset}: ${plural(training.count, `training ${unit}`)}${held}, ${plural(testing.count, `test ${unit}`)}` +
      `${augment ? ', augmented' : ''}, batches of ${batchSize}, seed ${seed}`,
  );
  if (!validation) console.note(`protocol: ${protocolOf(validation)}`);
  console.note(`backend ${backend.description}; writing to ${out}`);
}

/** An epoch as `--json` and `metrics.jsonl` tell it: `loss`, `accuracy` of training, `val...` of the split that `valOn` names. */
export interface EpochEvent extends Event {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly margin: number;
  readonly reconstruction: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  readonly valOn: 'validation' | 'test';
  readonly imagesPerSecond: number;
  readonly seconds: number;
  /** Of the test on that split. */
  readonly valSeconds: number;
  readonly learningRate: number;
  readonly step: number;
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
      `${event.valOn} loss ${showLoss(event.valLoss)} acc ${percent(event.valAccuracy)}  ${Math.round(event.imagesPerSecond)} img/s`,
  );
}

/** The result. */
export function reportResult(run: Run, { ending, epochs, best, tested }: Outcome, seconds: number): void {
  const { folder, console, json, settings, validation, testing } = run;
  const { name } = choosingSplit(run);
  if (json) {
    emit(console, {
      event: 'done',
      accuracy: tested.accuracy,
      error: tested.error,
      count: tested.count,
      misclassified: tested.misclassified.length,
      misclassifiedIndices: tested.misclassified.map(({ index }) => index),
      loss: tested.loss,
      protocol: protocolOf(validation),
      bestEpoch: best.epoch,
      bestEpochOn: name,
      [name === 'test' ? 'bestAccuracy' : 'validationAccuracy']: best.accuracy,
      epochs,
      complete: ending !== 'stop-after',
      ending,
      seconds,
      weights: folder.bestWeights,
      lastWeights: folder.lastWeights,
      report: folder.reportFile,
      ...(settings.picture === undefined ? {} : { picture: settings.picture }),
    });
    return;
  }
  const { green, bold } = console.colours.result;
  const lines = [
    `${outcomeOf(testing, tested, (text) => bold(green(text)))} (error ${percent(tested.error)}), after ${duration(seconds)}.`,
    `Chosen:    epoch ${best.epoch} of ${epochs}, ${percent(best.accuracy)} on the ${name} split (${protocolOf(validation)})`,
    ...(ending === 'early-stop' ? [`Ended:     no better epoch for ${settings.earlyStop}`] : []),
    ...(ending === 'stop-after' ? [`Ended:     the time was up. Go on with: ${resumeCommand(run)}`] : []),
    `Weights:   ${folder.bestWeights}`,
    `Report:    ${folder.reportFile}`,
    ...(settings.picture === undefined ? [] : [`Picture:   ${settings.picture}`]),
    `Test them: capsnet test --weights ${folder.bestWeights} --dataset ${settings.dataset}`,
  ];
  console.result(`${lines.join('\n')}\n`);
}
