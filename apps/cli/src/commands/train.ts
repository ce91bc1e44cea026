/**
 * `capsnet train`: from flags to trained weights. Everything that can be wrong with the request is found before the first step; after that, whatever
 * happens, the last good checkpoint stays in the run's folder.
 */
import {
  DescriptionError,
  adaptEfficientCapsNet,
  buildModel,
  describeModel,
  type Model,
  type ModelDescription,
} from '@capsnet/capsules';
import type { ExampleSet } from '../data/examples.js';
import { loadTrainingData } from '../data/load.js';
import { followEpochs } from '../distributed/follow.js';
import { joinJob, type Job } from '../distributed/job.js';
import { engineOfJob, settingsOfJob, tellChange } from '../distributed/settings.js';
import { Interrupted, UserError } from '../errors.js';
import { checkPicture } from '../evaluation/picture.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import { prepareDirectory } from '../options/output-directory.js';
import { createConsole, silentConsole } from '../output/console.js';
import { createProgress } from '../output/progress.js';
import { lockRun } from '../runs/lock.js';
import { openRunFolder } from '../runs/run-folder.js';
import { readJson } from '../settings/file.js';
import {
  recordedImages,
  recordedProcesses,
  resolveSettings,
  type TrainFlags,
  type TrainSettings,
} from '../settings/settings.js';
import { runConfig, type KeptConfig } from '../training/config.js';
import { trainEpochs } from '../training/loop.js';
import { megabytes, memoryNeed } from '../training/memory.js';
import { trainingProgress } from '../training/progress.js';
import { announce, reportResult } from '../training/report.js';
import { forgetResult, keepResult } from '../training/result.js';
import type { Run } from '../training/run.js';
import { version } from '../version.js';

/** Runs the command. */
export async function train(flags: TrainFlags): Promise<void> {
  if (!asksForJob(flags)) return lead(flags, await prepare(flags, undefined));
  const job = await joinJob();
  const prepared = await job.byItself(() => prepare(flags, job));
  try {
    if (job.leads) await lead(flags, prepared);
    else await follow(job, prepared);
  } catch (error) {
    // An interruption is agreed on; anything else ends the job where it is.
    if (error instanceof Interrupted) await job.leave();
    throw error;
  }
  await job.leave();
}

const asksForJob = (flags: TrainFlags): boolean =>
  flags.distributed !== undefined ||
  (flags.resume === undefined && resolveSettings(flags).distributed !== undefined);

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** What every process needs for itself. */
async function prepare(flags: TrainFlags, job: Job | undefined) {
  const console = job?.leads === false ? silentConsole() : createConsole({ quiet: flags.quiet === true });
  const typed = (): TrainSettings => resolveSettings(flags);
  const told = job ? await job.fromLeader(typed) : typed();
  const settings = job ? settingsOfJob(told, job) : told;
  if (job?.leads !== false) {
    prepareDirectory(settings.resumed ? '--resume' : '--out', settings.out);
    if (settings.resumed)
      tellChange(settings, recordedProcesses(settings.out), job?.communicator.size ?? 1, console);
  }
  const { training, validation, testing } = loadTrainingData(settings.dataset, {
    ...settings,
    validation: settings.select === 'test' ? undefined : (settings.holdOut ?? true),
    notify: (note) => (note.startsWith('Warning') ? console.warn(note) : console.note(note)),
  });
  if (settings.resumed && job?.leads !== false) checkSameImages(settings, training);
  const model = modelFor(settings, training);
  if (settings.picture !== undefined) checkPicture(settings.picture, model);
  const backend = await startBackend(job ? engineOfJob(settings, job) : settings, console);
  return { console, settings, training, validation, testing, model, backend, job };
}

/** @throws UserError when a run would go on with other images of one's own: what was for testing might be trained on */
function checkSameImages({ out, dataDir }: TrainSettings, { recipe }: ExampleSet): void {
  const began = recordedImages(out);
  const now = recipe.kind === 'images' ? recipe.pictures?.fingerprint : undefined;
  if (began === undefined || began === now) return;
  throw new UserError(
    `--resume: ${dataDir ?? 'the folder of images'} does not hold the files and classes that the run in ${out} began with: images that it tests on might be trained on. Bring the folder back to what it was, or start another run.`,
  );
}

async function follow(job: Job, { settings, model, training, backend }: Prepared): Promise<void> {
  const interruption = listenForInterruption(
    () => undefined,
    () => undefined,
  );
  try {
    await followEpochs({ job, settings, model, training, backend, interruption });
  } finally {
    interruption.release();
    await backend.dispose();
  }
}

async function lead(flags: TrainFlags, prepared: Prepared): Promise<void> {
  const { console, settings, training, validation, testing, model, backend, job } = prepared;
  const progress = trainingProgress(createProgress(console), {
    epochs: settings.epochs,
    trainImages: training.count,
    testImages: (validation ?? testing).count,
    finalImages: validation ? testing.count : 0,
  });
  let unlock = (): void => undefined;
  const interruption = listenForInterruption(
    () => {
      progress.clear();
      console.note('Stopping after this step ... (Ctrl-C again stops at once)');
    },
    () => {
      progress.clear();
      unlock();
    },
  );
  try {
    unlock = lockRun(settings.resumed ? '--resume' : '--out', settings.out);
    forgetResult(settings.out);
    const folder = openRunFolder(settings.out, { resume: settings.resumed });
    const processes = job?.communicator.size;
    const parts = { version, settings, model, training, validation, testing, backend, processes };
    const config = settings.resumed
      ? (readJson('--resume', folder.configFile) as KeptConfig)
      : runConfig(parts);
    if (!settings.resumed) folder.writeConfig(config);
    const json = flags.json === true;
    const run: Run = {
      settings,
      model,
      training,
      validation,
      testing,
      backend,
      folder,
      config,
      console,
      json,
      progress,
      interruption,
      job,
    };
    announce(run);
    if (settings.dataset === 'folder') {
      const sets = [training, ...(validation ? [validation] : []), testing];
      const batchSize = Math.ceil(settings.batchSize / (job?.communicator.size ?? 1));
      const need = await memoryNeed(model, { ...settings, batchSize }, sets, backend);
      console.note(
        `memory: ${megabytes(need.engine)} for the network, ${megabytes(need.images)} of images, beside about 150 MB of the program`,
      );
    }
    const started = performance.now();
    const outcome = await trainEpochs(run);
    keepResult(run, outcome);
    reportResult(run, outcome, (performance.now() - started) / 1000);
  } finally {
    progress.clear();
    interruption.release();
    unlock();
    await backend.dispose();
  }
}

function modelFor(settings: TrainSettings, examples: ExampleSet): Model {
  const { model: name, dataset, batchSize, decoder, routingIterations } = settings;
  if (routingIterations !== undefined && name !== 'original-capsnet') {
    throw new UserError(
      `--routing-iterations: ${name} does not route in rounds. Leave it out, or choose --model original-capsnet.`,
    );
  }
  try {
    const { shape, classNames, count } = examples;
    const [height, width, channels] = shape;
    const adapted =
      dataset === 'folder' && name === 'efficient-capsnet'
        ? adaptEfficientCapsNet({
            ...{ height, width, channels, classNames },
            stepsPerEpoch: Math.ceil(count / batchSize),
          })
        : describeModel(name, {
            ...{ input: shape, classNames },
            ...(routingIterations === undefined ? {} : { iterations: routingIterations }),
          });
    const description: ModelDescription = decoder ? adapted : { ...adapted, decoder: null };
    const decodings = 'decodings' in description ? description.decodings : 1;
    if (decodings === 2 && examples.decodings === 1) {
      throw new UserError(
        `--model: ${name} learns from pairs of overlaid digits, and "${dataset}" has single ones. Choose efficient-capsnet, or --dataset multimnist.`,
      );
    }
    if (decodings === 1 && examples.decodings === 2) {
      throw new UserError(
        `--model: ${name} learns from single digits, and "${dataset}" has overlaid pairs. Choose efficient-capsnet-multimnist.`,
      );
    }
    return buildModel(description);
  } catch (error) {
    if (error instanceof DescriptionError)
      throw new UserError(`--model ${name} does not fit the images of ${dataset}: ${error.message}`);
    throw error;
  }
}
