/**
 * The loop over epochs: train, keep the weights, test, report. The last good weights are in the run's folder at every moment.
 */
import { adam } from '@capsnet/autograd';
import { TrainingError, fit, saveModel } from '@capsnet/capsules';
import { randomKey, splitKey } from '@capsnet/tensor';
import { trainingBatches } from '../data/batches.js';
import { FailedRun, Interrupted } from '../errors.js';
import { createEvaluator } from '../evaluation/evaluate.js';
import { drawReconstructions } from '../evaluation/picture.js';
import { plural } from '../output/format.js';
import { checkpointNotes } from './checkpoint.js';
import { learningRateOf } from './recipe.js';
import { reportEpoch } from './report.js';
import type { Outcome, Run } from './run.js';

/**
 * Trains for as many epochs as the settings say.
 *
 * @throws FailedRun when the loss or a gradient is not finite, Interrupted when the user asks to stop
 */
export async function trainEpochs(run: Run): Promise<Outcome> {
  const { settings, model, training, testing, backend, folder, progress, interruption } = run;
  const [weightsKey, dataKey] = splitKey(randomKey(settings.seed)) as [
    ReturnType<typeof randomKey>,
    ReturnType<typeof randomKey>,
  ];
  const evaluator = createEvaluator(model, backend);
  const stop = new AbortController();
  const { parameters, state } = model.init(weightsKey);
  // So that there is a good checkpoint from the first step on.
  folder.writeLast(await saveModel(model, parameters, state, checkpointNotes(run, 0, 0)));

  const order = trainingBatches(training, { ...settings, key: dataKey });
  async function* batches(epoch: number) {
    progress.startEpoch(epoch + 1);
    for await (const batch of order.epoch(epoch)) {
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
        checkpointNotes(run, epoch, report.step),
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
    await order.close();
    evaluator.release();
  }
  if (outcome === undefined) throw interrupted(run, 1, 0);
  return outcome;
}

const interrupted = ({ folder, settings }: Run, epoch: number, step: number): Interrupted =>
  new Interrupted(
    `stopped in epoch ${epoch} of ${settings.epochs} after ${plural(step, 'step')}; the weights so far are in ${folder.lastWeights}.`,
  );
