/** What a training tells its user: at the start, after each epoch, at the end; as text or as events. */
import { unitOf } from '../data/examples.js';
import type { Job } from '../distributed/job.js';
import { outcomeOf } from '../evaluation/words.js';
import { count, duration, loss as showLoss, percent, plural, typed } from '../output/format.js';
import { emit, type Event } from '../output/json.js';
import { refiningEpochs, type TrainSettings } from '../settings/settings.js';
import { protocolOf } from './config.js';
import { choosingSplit, resumeCommand, type Outcome, type Run } from './run.js';

/** What is about to happen. */
export function announce(run: Run): void {
  const { console, settings, training, validation, testing, backend, job } = run;
  const { model, dataset, batchSize, augment, seed, out } = settings;
  const refining = refiningEpochs(settings);
  const unit = unitOf(training);
  const held = validation ? `, ${count(validation.count)} for validation` : '';
  console.note(
    `${model} on ${dataset}: ${plural(training.count, `training ${unit}`)}${held}, ${plural(testing.count, `test ${unit}`)}` +
      `${augment ? ', augmented' : ''}${refining > 0 ? ` but for the last ${refining === 1 ? 'epoch' : plural(refining, 'epoch')}` : ''}, batches of ${batchSize}, seed ${seed}`,
  );
  if (!validation) console.note(`protocol: ${protocolOf(validation)}`);
  if (job) {
    console.note(jobSentence(job, settings));
    console.note(
      `if a process ends, all do; the way to go on then, with the same options of mpirun: ${resumeCommand(run)}`,
    );
  }
  console.note(`backend ${backend.description}; writing to ${out}`);
}

/** How the processes of a job share the work. */
function jobSentence(
  { communicator, library, neighbours }: Job,
  { batchSize, syncBatchNorm }: TrainSettings,
): string {
  const { size } = communicator;
  const [fewest, most] = [Math.floor(batchSize / size), Math.ceil(batchSize / size)];
  const share = fewest === most ? `${most}` : `${fewest} or ${most}`;
  return (
    `${size} process${size === 1 ? '' : 'es'} (${library}; ${neighbours} on this machine), ${share} of the ${plural(batchSize, 'image')} of a batch each, ` +
    `batch normalisation by ${syncBatchNorm ? 'the whole batch' : 'the images of each process'}`
  );
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
  /** Of processes that trained together. */
  readonly processes?: number;
  /** Share of the time of the training part that the leader spent in sums over the processes, waiting for slower ones included. */
  readonly sumsShare?: number;
  /** Bytes that each process put into these sums. */
  readonly sumsBytes?: number;
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
      `${event.valOn} loss ${showLoss(event.valLoss)} acc ${percent(event.valAccuracy)}  ${Math.round(event.imagesPerSecond)} img/s` +
      (event.sumsShare === undefined ? '' : `, ${percent(event.sumsShare)} of it in sums over processes`),
  );
}

/** The result. */
export function reportResult(
  run: Run,
  { ending, epochs, best, tested, protocol, replicas }: Outcome,
  seconds: number,
): void {
  const { folder, console, json, settings, testing, job } = run;
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
      protocol,
      bestEpoch: best.epoch,
      bestEpochOn: name,
      [name === 'test' ? 'bestAccuracy' : 'validationAccuracy']: best.accuracy,
      epochs,
      complete: ending !== 'stop-after',
      ending,
      seconds,
      weights: folder.bestWeights,
      lastWeights: folder.lastWeights,
      ...(job ? { processes: job.communicator.size, replicas } : {}),
      report: folder.reportFile,
      ...(settings.picture === undefined ? {} : { picture: settings.picture }),
    });
    return;
  }
  const { green, bold } = console.colours.result;
  const lines = [
    `${outcomeOf(testing, tested, (text) => bold(green(text)))} (error ${percent(tested.error)}), after ${duration(seconds)}.`,
    `Chosen:    epoch ${best.epoch} of ${epochs}, ${percent(best.accuracy)} on the ${name} split (${protocol})`,
    ...(ending === 'early-stop' ? [`Ended:     no better epoch for ${settings.earlyStop}`] : []),
    ...(ending === 'stop-after' ? [`Ended:     the time was up. Go on with: ${resumeCommand(run)}`] : []),
    ...(job
      ? [
          `Processes: ${job.communicator.size}, which all hold the same parameters (SHA-256 ${replicas?.slice(0, 12)})`,
        ]
      : []),
    `Weights:   ${folder.bestWeights}`,
    `Report:    ${folder.reportFile}`,
    ...(settings.picture === undefined ? [] : [`Picture:   ${settings.picture}`]),
    `Test them: capsnet test --weights ${typed(folder.bestWeights)} --dataset ${settings.dataset}${settings.dataDir === undefined ? '' : ` --data-dir ${typed(settings.dataDir)}`}`,
  ];
  console.result(`${lines.join('\n')}\n`);
}
