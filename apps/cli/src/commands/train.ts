/**
 * `capsnet train`: from flags to trained weights. Everything that can be wrong with the request is found before the first step; after that, whatever
 * happens, the last good checkpoint stays in the run's folder.
 */
import { adam } from '@capsnet/autograd';
import {
  DescriptionError,
  TrainingError,
  buildModel,
  describeModel,
  fit,
  reconstructionWeight,
  saveModel,
  type Model,
} from '@capsnet/capsules';
import type { ImageDataset } from '@capsnet/datasets';
import { randomKey, splitKey, type Backend } from '@capsnet/tensor';
import { trainingBatches } from '../data/batches.js';
import { loadSplit } from '../data/load.js';
import { FailedRun, Interrupted, UserError } from '../errors.js';
import { createEvaluator, type Evaluation } from '../evaluation/evaluate.js';
import { checkPicture, drawReconstructions } from '../evaluation/picture.js';
import { listenForInterruption, type Interruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import { prepareDirectory } from '../options/output-directory.js';
import { createConsole, type Console } from '../output/console.js';
import { count, duration, loss as showLoss, percent, plural } from '../output/format.js';
import { emit, type Event } from '../output/json.js';
import { createProgress } from '../output/progress.js';
import { openRunFolder, type RunFolder } from '../runs/run-folder.js';
import { checkpointNotes } from '../training/checkpoint.js';
import { runConfig } from '../training/config.js';
import { trainingProgress, type TrainingProgress } from '../training/progress.js';
import { learningRateOf } from '../training/recipe.js';
import { resolveSettings, type TrainFlags, type TrainSettings } from '../training/settings.js';
import { version } from '../version.js';

/** Everything that a run works with. */
interface Run {
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly training: ImageDataset;
  readonly testing: ImageDataset;
  readonly backend: Backend;
  readonly folder: RunFolder;
  readonly console: Console;
  readonly json: boolean;
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
}

/** What is known after the last epoch. */
interface Outcome {
  readonly last: Evaluation;
  readonly best: { readonly epoch: number; readonly accuracy: number };
}

/** Runs the command. */
export async function train(flags: TrainFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  const settings = resolveSettings(flags);
  prepareDirectory('--out', settings.out);
  const { dataDir } = settings;
  const testing = loadSplit(settings.dataset, 'test', { dataDir, limit: settings.limitTest });
  const training = loadSplit(settings.dataset, 'train', { dataDir, limit: settings.limitTrain });
  const model = modelFor(settings, training);
  if (settings.picture !== undefined) checkPicture(settings.picture, model);
  const backend = await startBackend(flags, console);
  const progress = trainingProgress(createProgress(console), {
    epochs: settings.epochs,
    trainImages: training.count,
    testImages: testing.count,
  });
  const interruption = listenForInterruption(
    () => {
      progress.clear();
      console.note('Stopping after this step ... (Ctrl-C again stops at once)');
    },
    () => progress.clear(),
  );
  try {
    const folder = openRunFolder(settings.out);
    folder.writeConfig(
      runConfig({ version, settings, model, training, testing, backend, reconstructionWeight }),
    );
    announce(console, settings, training, testing, backend);
    const run: Run = {
      settings,
      model,
      training,
      testing,
      backend,
      folder,
      console,
      json: flags.json === true,
      progress,
      interruption,
    };
    const started = performance.now();
    finish(run, await trainEpochs(run), (performance.now() - started) / 1000);
  } finally {
    progress.clear();
    interruption.release();
    await backend.dispose();
  }
}

function modelFor({ model: name, dataset }: TrainSettings, { shape, classNames }: ImageDataset): Model {
  try {
    const description = describeModel(name, { input: shape, classNames });
    if ('decodings' in description && description.decodings > 1) {
      throw new UserError(
        `--model: ${name} learns from pairs of overlaid digits, and "${dataset}" has single ones. Choose efficient-capsnet.`,
      );
    }
    return buildModel(description);
  } catch (error) {
    if (error instanceof DescriptionError)
      throw new UserError(`--model ${name} does not fit the images of ${dataset}: ${error.message}`);
    throw error;
  }
}

function announce(
  console: Console,
  settings: TrainSettings,
  training: ImageDataset,
  testing: ImageDataset,
  backend: Backend,
): void {
  const { model, dataset, batchSize, augment, seed, out } = settings;
  console.note(
    `${model} on ${dataset}: ${count(training.count)} training and ${plural(testing.count, 'test image')}` +
      `${augment ? ', augmented' : ''}, batches of ${batchSize}, seed ${seed}`,
  );
  console.note(`backend ${backend.description}; writing to ${out}`);
}

/** The loop over epochs: train, keep, test, report. */
async function trainEpochs(run: Run): Promise<Outcome> {
  const { settings, model, training, testing, backend, folder, progress, interruption } = run;
  const [weightsKey, dataKey] = splitKey(randomKey(settings.seed)) as [
    ReturnType<typeof randomKey>,
    ReturnType<typeof randomKey>,
  ];
  const evaluator = createEvaluator(model, backend);
  const stop = new AbortController();
  const { parameters, state } = model.init(weightsKey);
  // So that there is a good checkpoint from the first step on.
  folder.writeLast(await saveModel(model, parameters, state, checkpointNotes(settings, 0, 0)));

  async function* batches(epoch: number) {
    progress.startEpoch(epoch + 1);
    for (const batch of trainingBatches(training, { ...settings, key: dataKey, epoch })) {
      if (await interruption.check()) stop.abort();
      yield batch;
    }
  }
  let outcome: Outcome | undefined;
  try {
    const reports = fit({
      model,
      optimizer: adam(),
      parameters,
      state,
      epochs: settings.epochs,
      batches,
      learningRate: (epoch) => learningRateOf(settings.learningRate, epoch),
      signal: stop.signal,
      onStep: ({ running }) => progress.step(running.count, running.loss, running.accuracy),
      backend,
    });
    for await (const report of reports) {
      const epoch = report.epoch + 1;
      const weights = await saveModel(
        model,
        report.parameters,
        report.state,
        checkpointNotes(settings, epoch, report.step),
      );
      folder.writeLast(weights);
      if (!report.complete || interruption.requested) throw interrupted(run, epoch, report.step);
      const tested = await evaluator
        .run(report.parameters, report.state, testing, {
          interruption,
          onProgress: (done, _seconds, right) => progress.test(done, right),
        })
        .catch((error: unknown) => {
          throw error instanceof Interrupted ? interrupted(run, epoch, report.step) : error;
        });
      progress.clear();
      const better = outcome === undefined || tested.accuracy > outcome.best.accuracy;
      if (better) folder.writeBest(weights);
      outcome = { last: tested, best: better ? { epoch, accuracy: tested.accuracy } : outcome!.best };
      reportEpoch(run, {
        event: 'epoch',
        epoch,
        loss: report.training.loss,
        accuracy: report.training.accuracy,
        valLoss: tested.loss,
        valAccuracy: tested.accuracy,
        imagesPerSecond: report.imagesPerSecond,
        seconds: report.seconds,
        testSeconds: tested.seconds,
        learningRate: report.learningRate,
        step: report.step,
      });
      if (epoch === settings.epochs && settings.picture !== undefined) {
        const { parameters: weightsNow, state: stateNow } = report;
        await drawReconstructions(settings.picture, {
          model,
          modelName: settings.model,
          parameters: weightsNow,
          state: stateNow,
          split: testing,
          evaluation: tested,
          backend,
        });
      }
    }
  } catch (error) {
    if (error instanceof TrainingError)
      throw new FailedRun(`${error.message} The last good checkpoint is ${folder.lastWeights}.`);
    throw error;
  } finally {
    evaluator.release();
  }
  if (outcome === undefined) throw interrupted(run, 1, 0);
  return outcome;
}

const interrupted = ({ folder, settings }: Run, epoch: number, step: number): Interrupted =>
  new Interrupted(
    `stopped in epoch ${epoch} of ${settings.epochs} after ${plural(step, 'step')}; the weights so far are in ${folder.lastWeights}.`,
  );

interface EpochEvent extends Event {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
}

function reportEpoch({ folder, console, json, settings }: Run, event: EpochEvent): void {
  folder.record(event);
  if (json) {
    emit(console, event);
    return;
  }
  console.note(
    `epoch ${event.epoch}/${settings.epochs}  loss ${showLoss(event.loss)}  accuracy ${percent(event.accuracy)}  ` +
      `test loss ${showLoss(event.valLoss)}  test accuracy ${percent(event.valAccuracy)}  ` +
      `${Math.round(event.imagesPerSecond)} images/s  ${duration(event.seconds)}`,
  );
}

function finish({ folder, console, json, settings }: Run, { last, best }: Outcome, seconds: number): void {
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
