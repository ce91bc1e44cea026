/**
 * The picture of a tested model: test images beside what the decoder makes of their longest capsule. Two thirds are the first images of the split, the rest
 * images that the network got wrong, as far as there are any.
 */
import type { Model, Parameters } from '@capsnet/capsules';
import { imageSize } from '@capsnet/datasets';
import { compile, type Backend, type Tensor } from '@capsnet/tensor';
import { dirname } from 'node:path';
import { testExamples } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import { FailedRun, UserError, systemReason } from '../errors.js';
import { prepareDirectory } from '../options/output-directory.js';
import { count, percent } from '../output/format.js';
import { toPng, type GreyImage } from '../pictures/canvas.js';
import { contactSheet, type SheetEntry } from '../pictures/contact-sheet.js';
import { writeFileAtomically } from '../runs/atomic.js';
import type { Evaluation, Verdict } from './evaluate.js';

const entries = 24;

/** Refuses, before any work, a picture that could not be written or drawn. */
export function checkPicture(file: string, model: Model): void {
  if (!file.toLowerCase().endsWith('.png'))
    throw new UserError(`--picture: "${file}" should end in .png, the only format that is written.`);
  if (model.description.decoder === null) {
    throw new UserError(
      '--picture: this model has no decoder, so there are no reconstructions to draw. Leave the flag out.',
    );
  }
  prepareDirectory('--picture', dirname(file));
}

export interface PictureSource {
  readonly model: Model;
  readonly modelName: string;
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly split: ExampleSet;
  readonly evaluation: Evaluation;
  readonly backend: Backend;
}

/** Draws the picture to a PNG file. */
export async function drawReconstructions(file: string, source: PictureSource): Promise<void> {
  const { model, modelName, parameters, state, split, evaluation, backend } = source;
  const chosen = chooseImages(evaluation);
  const reconstruct = compile(
    (weights: Parameters, statistics: Parameters, images: Tensor) =>
      model.apply(weights, statistics, images, { mode: 'test' }).reconstruction!,
    { backend, name: 'reconstruct' },
  );
  const { images } = testExamples(
    split,
    chosen.map(({ index }) => index),
  ).batch;
  const [inputs, outputs] = await Promise.all([
    images.data(),
    (await reconstruct(parameters, state, images)).data(),
  ]);
  const sheet = chosen.map((verdict, position): SheetEntry => ({
    input: greyImage(split, inputs, position),
    reconstruction: greyImage(split, outputs, position),
    label: split.classNames[verdict.label]!,
    predicted: split.classNames[verdict.predicted]!,
    length: verdict.length,
  }));
  reconstruct.release();
  const wrong = evaluation.misclassified.length;
  const canvas = contactSheet(sheet, {
    title: `${modelName} on ${split.name}`,
    subtitle: `${percent(evaluation.accuracy)} of ${count(evaluation.count)} test images right, ${count(wrong)} wrong`,
  });
  try {
    writeFileAtomically(file, toPng(canvas));
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new FailedRun(`writing the picture ${file} failed (${reason}).`);
  }
}

/** The first images of the split, then wrong ones that are not among them. */
export function chooseImages({ verdicts, misclassified }: Evaluation): Verdict[] {
  const wrong = misclassified.slice(0, entries / 3);
  const first = verdicts.filter((verdict) => !wrong.includes(verdict)).slice(0, entries - wrong.length);
  return [...first, ...wrong];
}

/** The first channel of the image at `position` of a batch. */
function greyImage(split: ExampleSet, batch: ArrayLike<number>, position: number): GreyImage {
  const [height, width, channels] = split.shape;
  const start = position * imageSize(split.shape);
  return {
    width,
    height,
    brightness: Array.from({ length: height * width }, (_, pixel) => batch[start + pixel * channels]!),
  };
}
