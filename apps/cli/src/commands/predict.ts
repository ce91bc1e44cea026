/** `capsnet predict IMAGE...`: what a trained model takes pictures of any size for. */
import { type Model, type Parameters } from '@capsnet/capsules';
import { mnistDivisor, type Recipe } from '@capsnet/datasets';
import { DataError, decodeImage, type DecodedImage, type ResizeMode } from '@capsnet/datasets/images';
import { compile, tensor, type Tensor } from '@capsnet/tensor';
import { readFileSync } from 'node:fs';
import { recipeOfNote } from '../data/examples.js';
import { Interrupted, UserError, systemReason } from '../errors.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import type { EngineFlags, OutputFlags } from '../options/flags.js';
import { createConsole, type Console } from '../output/console.js';
import { emit } from '../output/json.js';
import { createProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { edgeBrightness, isStereo, modelInput } from '../prediction/input.js';
import { openWeights, type OpenedWeights } from '../weights/open.js';

export interface PredictFlags extends EngineFlags, OutputFlags {
  readonly weights: string;
  readonly invert?: boolean;
  /** As the images of the training were brought to size, else `fit`. */
  readonly resize?: ResizeMode;
}

/** What is said of one picture. */
interface Prediction {
  readonly file: string;
  /** All classes, the longest capsule first; of equally long ones the first, as when testing. */
  readonly guesses: readonly { readonly label: number; readonly name: string; readonly length: number }[];
}

/** Pictures at once; a compiled step serves one size, so a last batch that is not full is filled up. */
const mostAtOnce = 32;

/** Runs the command. */
export async function predict(files: readonly string[], flags: PredictFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  const weights = openWeights(flags.weights);
  const { model, metadata } = weights;
  const recipe = recipeOf(weights, console);
  const pictures = files.map(readPicture);
  if (
    !flags.invert &&
    expectsDarkGround(metadata['dataset']) &&
    pictures.some((one) => edgeBrightness(one) > 0.5)
  ) {
    console.note(
      'The ground of a picture is light, and this model has learned light strokes on black: try --invert.',
    );
  }
  if (isStereo(model.description.input))
    console.note('The model sees with two eyes: both are shown the picture.');
  const inputs = pictures.map((picture) =>
    modelInput(picture, model.description.input, recipe, {
      invert: flags.invert === true,
      resize: flags.resize ?? (recipe.kind === 'images' ? recipe.pictures?.resize : undefined) ?? 'fit',
    }),
  );
  const backend = await startBackend(flags, console);
  const progress = createProgress(console);
  const interruption = listenForInterruption(
    () => progress.clear(),
    () => progress.clear(),
  );
  try {
    const lengths = compile(
      (parameters: Parameters, state: Parameters, images: Tensor) =>
        model.apply(parameters, state, images, { mode: 'test' }).lengths,
      { backend, name: 'predict' },
    );
    const size = Math.min(mostAtOnce, inputs.length);
    const started = performance.now();
    const predictions: Prediction[] = [];
    for (let from = 0; from < inputs.length; from += size) {
      if (await interruption.check()) throw new Interrupted('stopped before all pictures were looked at.');
      const batch = Array.from({ length: size }, (_, at) => inputs[from + at] ?? inputs[from]!);
      const values = Float32Array.from({ length: size * batch[0]!.length }, (_, at) => {
        const length = batch[0]!.length;
        return batch[Math.floor(at / length)]![at % length]!;
      });
      const images = tensor(values, [size, ...model.description.input]) as Tensor;
      const scores = await (await lengths(weights.parameters, weights.state, images)).data();
      files
        .slice(from, from + size)
        .forEach((file, row) => predictions.push({ file, guesses: rank(model, scores, row) }));
      const imagesPerSecond = predictions.length / ((performance.now() - started) / 1000);
      progress.report({
        label: 'predict',
        done: predictions.length,
        total: inputs.length,
        imagesPerSecond,
        secondsLeft: (inputs.length - predictions.length) / imagesPerSecond,
      });
    }
    progress.clear();
    lengths.release();
    report(console, flags, model, predictions);
  } finally {
    progress.clear();
    interruption.release();
    await backend.dispose();
  }
}

function readPicture(file: string): DecodedImage {
  try {
    return decodeImage(readFileSync(file), file);
  } catch (error) {
    if (error instanceof DataError) throw new UserError(error.message);
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(`"${file}" cannot be read (${reason}). Name PNG or JPEG files.`);
  }
}

/** How the weights want their images; where they do not say, as MNIST, and that is told. */
function recipeOf({ given, model, metadata }: OpenedWeights, console: Console): Recipe {
  const note = metadata['recipe'];
  if (note !== undefined) return recipeOfNote(note, given);
  if (isStereo(model.description.input)) {
    throw new UserError(
      `--weights: ${given} does not say how to prepare images (its note "recipe" is missing), and a model of stereo pairs needs to know their mean and deviation. Take weights that capsnet train wrote.`,
    );
  }
  console.note(
    `${given} does not say how to prepare images; they are scaled as for MNIST (bytes / ${mnistDivisor}).`,
  );
  return { kind: 'images', divisor: mnistDivisor };
}

const expectsDarkGround = (dataset: string | undefined): boolean =>
  dataset === undefined || ['digits', 'mnist', 'fashion-mnist', 'multimnist'].includes(dataset);

function rank(model: Model, scores: ArrayLike<number>, row: number): Prediction['guesses'] {
  const { classNames } = model.description;
  return classNames
    .map((name, label) => ({ label, name, length: scores[row * classNames.length + label]! }))
    .sort((a, b) => b.length - a.length || a.label - b.label);
}

function report(
  console: Console,
  flags: PredictFlags,
  model: Model,
  predictions: readonly Prediction[],
): void {
  const { description } = model;
  /** Digits that lie over each other: two classes are the answer. */
  const wanted = 'decodings' in description ? description.decodings : 1;
  if (flags.json) {
    for (const { file, guesses } of predictions) {
      const [first] = guesses;
      emit(console, {
        event: 'prediction',
        file,
        predicted: first!.name,
        label: first!.label,
        length: first!.length,
        ...(wanted === 2 ? { predictedPair: guesses.slice(0, 2).map(({ name }) => name) } : {}),
        classes: guesses,
      });
    }
    return;
  }
  const shown = Math.min(wanted + 1, description.classNames.length);
  const titles = wanted === 2 ? ['first digit', 'second digit', 'then'] : ['class', 'then'];
  const lines = table(
    [
      { title: 'image' },
      ...titles.slice(0, shown).flatMap((title) => [{ title }, { title: 'length', align: 'right' as const }]),
    ],
    predictions.map(({ file, guesses }) => [
      file,
      ...guesses.slice(0, shown).flatMap(({ name, length }) => [name, length.toFixed(3)]),
    ]),
  );
  console.result(`${lines.join('\n')}\n`);
}
