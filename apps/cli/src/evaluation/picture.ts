/**
 * The picture of a tested model: test images beside what the decoder makes of their longest capsule. Two thirds are the first images of the split, the rest
 * images that the network got wrong, as far as there are any.
 */
import type { Model, Parameters } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import { dirname } from 'node:path';
import type { ExampleSet } from '../data/examples.js';
import { FailedRun, UserError, systemReason } from '../errors.js';
import { prepareDirectory } from '../options/output-directory.js';
import { toPng, type Canvas } from '../pictures/canvas.js';
import { contactSheet, type SheetEntry } from '../pictures/contact-sheet.js';
import { writeFileAtomically } from '../runs/atomic.js';
import { byConfidence, labelsOf, rightShare, takenOf, type Evaluation, type Verdict } from './evaluate.js';
import { createReconstructor } from './reconstruct.js';
import { outcomeOf } from './words.js';

const entries = 24;
const mostMistakes = 96;

/** Refuses, before any work, a file that could not be written. */
export function checkOutput(flag: string, file: string, ending: '.png' | '.html'): void {
  if (!file.toLowerCase().endsWith(ending))
    throw new UserError(`${flag}: "${file}" should end in ${ending}, the only format that is written.`);
  prepareDirectory(flag, dirname(file));
}

/** Refuses, before any work, a picture that could not be written or drawn. */
export function checkPicture(file: string, model: Model): void {
  if (model.description.decoder === null) {
    throw new UserError(
      '--picture: this model has no decoder, so there are no reconstructions to draw. Leave the flag out.',
    );
  }
  checkOutput('--picture', file, '.png');
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
  const reconstructor = createReconstructor(model, split, backend);
  const drawings = await reconstructor.draw(
    parameters,
    state,
    chosen.map(({ index, predicted, second }) => ({ index, classes: [predicted, second] })),
  );
  reconstructor.release();
  const pairs = split.decodings === 2;
  const sheet = chosen.map((verdict, position): SheetEntry => {
    const { input, reconstructions } = drawings[position]!;
    return {
      input,
      // Of single images that of the longest capsule; of a pair both digits.
      reconstructions: reconstructions.slice(0, split.decodings),
      captions: [captionOf(verdict, split.classNames)],
      right: rightShare(verdict) === 1,
    };
  });
  writePicture(
    file,
    contactSheet(sheet, {
      title: `${modelName} on ${split.name}`,
      subtitle: outcomeOf(split, evaluation),
      legend: pairs
        ? 'Above: test pair. Below: its two digits as they are drawn. Beneath: what they are, and what they were taken for.'
        : 'Above: test image. Below: its reconstruction. Beneath: class and length of the capsule.',
    }),
  );
}

/** Draws the misclassified images, the most confident first: what the decoder makes of the two longest capsules, and their lengths. */
export async function drawMistakes(file: string, source: PictureSource): Promise<void> {
  const { model, modelName, parameters, state, split, evaluation, backend } = source;
  const chosen = byConfidence(evaluation.misclassified).slice(0, mostMistakes);
  const reconstructor = createReconstructor(model, split, backend);
  const drawings = await reconstructor.draw(
    parameters,
    state,
    chosen.map(({ index, predicted, second }) => ({ index, classes: [predicted, second] })),
  );
  reconstructor.release();
  const { classNames } = split;
  const sheet = chosen.map((verdict, position): SheetEntry => {
    const { predicted, second, length, secondLength } = verdict;
    const is = labelsOf(verdict)
      .map((label) => classNames[label]!)
      .join('+');
    return {
      ...drawings[position]!,
      captions: [
        `${is} > ${classNames[predicted]!} ${length.toFixed(2)}`,
        `${' '.repeat(is.length + 3)}${classNames[second]!} ${secondLength.toFixed(2)}`,
      ],
      right: false,
    };
  });
  const drawn =
    chosen.length < evaluation.misclassified.length ? `, the ${chosen.length} most confident` : '';
  writePicture(
    file,
    contactSheet(sheet, {
      title: `${modelName} on ${split.name}: misclassified${drawn}`,
      subtitle: outcomeOf(split, evaluation),
      legend:
        model.description.decoder === null
          ? 'Beneath: what it is, and the two longest capsules with their lengths.'
          : 'Below each image: the longest and the second capsule as they are drawn. Beneath: what it is, and both with their lengths.',
    }),
  );
}

function writePicture(file: string, canvas: Canvas): void {
  try {
    writeFileAtomically(file, toPng(canvas));
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new FailedRun(`writing the picture ${file} failed (${reason}).`);
  }
}

/** `4 0.97`, or `4 > 9 0.83` where it is wrong; of a pair `4+7`. */
function captionOf(verdict: Verdict, classNames: readonly string[]): string {
  const named = (labels: readonly number[]): string => labels.map((one) => classNames[one]!).join('+');
  const is = named(labelsOf(verdict));
  const words = rightShare(verdict) === 1 ? is : `${is} > ${named(takenOf(verdict))}`;
  return takenOf(verdict).length === 1 ? `${words} ${verdict.length.toFixed(2)}` : words;
}

/** The first images of the split, then wrong ones that are not among them. */
export function chooseImages({ verdicts, misclassified }: Evaluation): Verdict[] {
  const wrong = misclassified.slice(0, entries / 3);
  const first = verdicts.filter((verdict) => !wrong.includes(verdict)).slice(0, entries - wrong.length);
  return [...first, ...wrong];
}
