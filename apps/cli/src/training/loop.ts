/**
 * The loop over epochs: train, choose, keep. Whatever happens at whatever moment, the run's folder has a state that goes on to the same bits.
 */
import {
  TrainingError,
  WeightsError,
  fit,
  loadModel,
  saveModel,
  type EpochReport,
  type LoadedModel,
} from '@capsnet/capsules';
import { DeviceLostError, TensorError, discard } from '@capsnet/tensor';
import { readFileSync } from 'node:fs';
import { trainingBatches } from '../data/batches.js';
import type { Job } from '../distributed/job.js';
import { checkReplicas } from '../distributed/replicas.js';
import { FailedRun, Interrupted, systemReason } from '../errors.js';
import { createEvaluator, type Evaluation } from '../evaluation/evaluate.js';
import { drawReconstructions } from '../evaluation/picture.js';
import { plural } from '../output/format.js';
import { checkpointNotes, keepState, restoreState, type Position, type TrainingState } from './checkpoint.js';
import { chanceOf, chanceWarning } from './chance.js';
import { configGoingOn, configTested } from './config.js';
import { fitSettings, isExhausted, keysOf, orderOf, startOf } from './fitting.js';
import { optimizerOf } from './recipe.js';
import { openRecorder, type Weights } from './record.js';
import { reportEpoch, type EpochEvent } from './report.js';
import { choosingSplit, resumeCommand, type Best, type Ending, type Outcome, type Run } from './run.js';

/** Seconds between checkpoints inside an epoch, when nobody asks for a number of steps. */
const savingInterval = 60;

/** Whether an epoch is better than the best before it: more right answers, among equals the lower loss. */
export const isBetter = (one: Omit<Best, 'epoch'>, best: Omit<Best, 'epoch'> | undefined): boolean =>
  best === undefined ||
  one.accuracy > best.accuracy ||
  (one.accuracy === best.accuracy && one.loss < best.loss);

/**
 * Trains as the settings say, from the start or from where the run was left, and tests the best weights.
 *
 * @throws FailedRun when the loss or a gradient is not finite or a graphics device fails, Interrupted when the user asks to stop
 */
export async function trainEpochs(run: Run): Promise<Outcome> {
  const { settings, model, training, backend, folder, console, progress, interruption, job } = run;
  const fresh = model.init(keysOf(settings).weights);
  const restored = settings.resumed
    ? await restoreState(folder, console, model, optimizerOf(settings), fresh, settings.ema !== undefined)
    : undefined;
  const position: Position | undefined = restored?.position;
  if (position?.best) readBest(run, position.best);
  const start = await startOf(run, restored);
  const { parameters, state } = start.state;
  const { firstEpoch: done, stepsDone: step } = start.position;
  const goesOn = settings.resumed && start.epochs > done;
  const config = goesOn ? configGoingOn(run.config, settings, { done, step }) : run.config;
  if (goesOn) folder.writeConfig(config);
  folder.keepMetrics(done);
  // So that there are good weights from the first step on.
  if (!restored) folder.writeLast(await saveModel(model, parameters, state, checkpointNotes(run, 0, 0)));
  else
    console.note(
      `going on in epoch ${position!.epoch + 1} after ${plural(position!.step, 'step')}, from ${folder.directory}`,
    );

  const choosing = choosingSplit(run);
  const evaluator = createEvaluator(model, backend, settings.reconstruction);
  const order = trainingBatches(training, orderOf(run));
  const recorder = openRecorder({ ...run, config }, order.stepsPerEpoch, position);
  const stop = new AbortController();
  const started = performance.now();
  const sittingSeconds = (): number => (performance.now() - started) / 1000;
  const seconds = (): number => (position?.seconds ?? 0) + sittingSeconds();
  const outOfTime = (): boolean =>
    settings.stopAfter !== undefined && sittingSeconds() >= 60 * settings.stopAfter;

  let best = position?.best;
  let withoutBetter = position?.withoutBetter ?? 0;
  let epochsDone = position?.epoch ?? 0;
  let stepsDone = position?.step ?? 0;
  /** Of the best epoch, when this sitting saw it. */
  let bestTested: Evaluation | undefined;
  let lastKept = performance.now();
  const chance = chanceOf(training);
  /** Of answers at chance: once is enough, and who resumes has been told. */
  let warned = settings.resumed;
  const keep = async (
    snapshot: TrainingState & { readonly step: number },
    where: Pick<Position, 'epoch' | 'batchesDone' | 'sums'>,
  ): Promise<void> => {
    const { step } = snapshot;
    await keepState(folder, model, snapshot, {
      ...where,
      step,
      ...(best ? { best } : {}),
      withoutBetter,
      seconds: seconds(),
    });
    lastKept = performance.now();
  };
  /** SHA-256 of what all processes of a job hold. */
  let replicas: string | undefined;
  /** The other processes of a job have done an epoch, and wait to hear whether another follows. */
  let followersWait = false;
  const tellFollowers = async (goOn: boolean): Promise<void> => {
    followersWait = false;
    await job?.fromLeader(() => goOn);
  };
  const due = (step: number): boolean =>
    settings.saveEvery === undefined
      ? performance.now() - lastKept > 1000 * savingInterval
      : step % settings.saveEvery === 0;
  const exhausted = (): boolean => isExhausted(settings, withoutBetter);
  async function* batches(epoch: number, from: number) {
    progress.startEpoch(epoch + 1, from * settings.batchSize);
    for await (const batch of order.epoch(epoch, from)) {
      if ((await interruption.check()) || outOfTime()) stop.abort();
      yield batch;
    }
  }

  let ending: Ending = exhausted() ? 'early-stop' : 'epochs';
  try {
    const reports = fit({
      ...fitSettings(run, order.stepsPerEpoch),
      ...start.state,
      ...start.position,
      epochs: start.epochs,
      batches,
      signal: stop.signal,
      onStep: async (report, snapshot) => {
        const { step, running, epoch } = report;
        stepsDone = step;
        recorder.step(report);
        progress.step(running.count, running.loss, running.accuracy);
        if (!due(step)) return;
        const now = snapshot();
        await keep(now, { epoch, batchesDone: now.batchesDone, sums: now.sums });
      },
    });
    for await (const report of reports) {
      const { snapshot, step } = report;
      replicas = job && (await checkReplicas(job, report));
      followersWait = true;
      const epoch = report.epoch + 1;
      const chosen = report.average ?? report;
      const inside = { epoch: report.epoch, batchesDone: snapshot.batchesDone, sums: snapshot.sums };
      const weights = await saveModel(
        model,
        chosen.parameters,
        chosen.state,
        checkpointNotes(run, epoch, step),
      );
      folder.writeLast(weights);
      if (!report.complete || interruption.requested) {
        await keep(snapshot, inside);
        // In a job, another process may have been asked.
        if (interruption.requested || !outOfTime()) throw interrupted(run, epoch, step);
        ending = 'stop-after';
        await tellFollowers(false);
        break;
      }
      const tested = await evaluator
        .run(chosen.parameters, chosen.state, choosing.set, {
          interruption,
          onProgress: (done, _seconds, right) => progress.test(done, right),
        })
        .catch(async (error: unknown) => {
          if (!(error instanceof Interrupted)) throw error;
          await keep(snapshot, inside);
          throw interrupted(run, epoch, step);
        });
      progress.clear();
      // Its memory serves the report's pictures, and theirs the next test: an engine never gives memory back to the system.
      evaluator.release();
      const better = isBetter(tested, best);
      withoutBetter = better ? 0 : withoutBetter + 1;
      if (better) {
        folder.writeBest(weights);
        best = { epoch, accuracy: tested.accuracy, loss: tested.loss };
        bestTested = tested;
      }
      epochsDone = epoch;
      const event: EpochEvent = {
        event: 'epoch',
        epoch,
        loss: report.training.loss,
        accuracy: report.training.accuracy,
        margin: report.training.margin,
        reconstruction: report.training.reconstruction,
        valLoss: tested.loss,
        valAccuracy: tested.accuracy,
        valOn: choosing.name,
        imagesPerSecond: report.imagesPerSecond,
        seconds: report.seconds,
        valSeconds: tested.seconds,
        learningRate: report.learningRate,
        step,
        ...(job ? sumsOf(report, job) : {}),
      };
      reportEpoch(run, event);
      if (!warned) {
        const { accuracy } = report.training;
        const soFar = {
          ...{ epoch, step },
          training: { accuracy, images: training.count },
          chosen: { accuracy: tested.accuracy, images: tested.count },
        };
        const warning = chanceWarning(soFar, { ...settings, chance });
        if (warning !== undefined) console.warn(warning);
        warned = warning !== undefined || epoch > 10;
      }
      await recorder.epoch(event, tested, best!, chosen);
      await keep(snapshot, { epoch, batchesDone: 0 });
      if (exhausted()) ending = 'early-stop';
      else if (outOfTime() && epoch < settings.epochs) ending = 'stop-after';
      await tellFollowers(ending === 'epochs');
      // It is on the disk, and no step follows that would go on from it.
      if (ending !== 'epochs' || epoch === settings.epochs) discard(snapshot.optimizerState);
      if (ending !== 'epochs') break;
    }
    if (!best) {
      throw new FailedRun(
        `the time was up in the first epoch, after ${plural(stepsDone, 'step')}: there are no tested weights yet. Go on with: ${resumeCommand(run)}`,
      );
    }
    const known = choosing.name === 'test' ? bestTested : undefined;
    const { tested, weights } = await testBest(run, best, evaluator, known);
    const ended = configTested(config, run.validation, epochsDone);
    folder.writeConfig(ended);
    const { protocol } = ended.run;
    const outcome = { ending, epochs: epochsDone, best, tested, protocol, ...(replicas ? { replicas } : {}) };
    await recorder.finish(outcome, weights);
    return outcome;
  } catch (error) {
    if (error instanceof Interrupted && followersWait) await tellFollowers(false);
    if (error instanceof TrainingError) throw new FailedRun(`${error.message} ${folder.describeKept()}`);
    // What a graphics processor can do to a run: go away, or be too small for it.
    if (error instanceof TensorError && error.operation.startsWith('gpu')) {
      const next = error instanceof DeviceLostError ? ` Go on with: ${resumeCommand(run)}` : '';
      throw new FailedRun(`${error.message} ${folder.describeKept()}${next}`);
    }
    throw error;
  } finally {
    await order.close();
    evaluator.release();
    recorder.release();
  }
}

/** The best weights on the test split, as they stand in their file; and the picture of them. */
async function testBest(
  run: Run,
  best: Best,
  evaluator: ReturnType<typeof createEvaluator>,
  known: Evaluation | undefined,
): Promise<{ tested: Evaluation; weights: Weights }> {
  const { settings, model, testing, backend, folder, progress, interruption } = run;
  const weights = readBest(run, best);
  const { parameters, state } = weights;
  const tested =
    known ??
    (await evaluator
      .run(parameters, state, testing, {
        interruption,
        onProgress: (done, _seconds, right) => progress.finalTest(done, right),
      })
      .catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
        throw new Interrupted(
          `stopped in the last test; the weights are in ${folder.bestWeights}. Test them: capsnet test --weights ${folder.bestWeights}`,
        );
      }));
  progress.clear();
  if (settings.picture !== undefined) {
    const modelName = settings.model;
    const source = { model, modelName, parameters, state, split: testing, evaluation: tested, backend };
    await drawReconstructions(settings.picture, source);
  }
  return { tested, weights };
}

/** The best weights so far, which are in their file alone. */
function readBest({ folder }: Run, { epoch }: Best): Pick<LoadedModel, 'parameters' | 'state'> {
  const file = folder.bestWeights;
  try {
    return loadModel(readFileSync(file), file);
  } catch (error) {
    const reason = error instanceof WeightsError ? error.message : systemReason(error);
    if (reason === undefined) throw error;
    throw new FailedRun(
      `${file}, the best weights so far (epoch ${epoch}), cannot be read: ${reason.replace(/\.$/, '')}. Put the file back, or start the run again.`,
    );
  }
}

const interrupted = (run: Run, epoch: number, step: number): Interrupted =>
  new Interrupted(
    `stopped in epoch ${epoch} of ${run.settings.epochs} after ${plural(step, 'step')}; the weights so far are in ${run.folder.lastWeights}. Go on with: ${resumeCommand(run)}`,
  );

/** What an epoch has spent on sums over the processes of a job: its share of the time, and bytes. */
const sumsOf = (
  { communication, seconds }: EpochReport<unknown>,
  { communicator }: Job,
): Pick<EpochEvent, 'processes' | 'sumsShare' | 'sumsBytes'> => ({
  processes: communicator.size,
  sumsShare: communication!.seconds / seconds,
  sumsBytes: communication!.bytes,
});
