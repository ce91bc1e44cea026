/**
 * Which model are the weights of a Keras file of? Layer names there depend on what else a program had built, so order and shapes must tell: every
 * model of the catalogue is tried, at the size of its paper unless another is given.
 */
import { buildModel } from '../models/build.js';
import { describeModel, modelNames, type ModelName } from '../models/catalogue.js';
import { DescriptionError, type DecoderDescription, type ImageShape } from '../models/description.js';
import type { Model } from '../models/model.js';
import { kerasMismatch, type KerasFile } from './keras.js';
import { WeightsError } from './safetensors.js';

/** What is known of the model beforehand. */
export interface RecogniseOptions {
  /** Try this model only. */
  readonly model?: ModelName | undefined;
  /** Height, width and channels, where they are not those of the paper. */
  readonly input?: ImageShape | undefined;
  /** In the order of the labels. */
  readonly classNames?: readonly string[] | undefined;
}

/** A model of the catalogue, and its name there. */
export interface Recognised {
  readonly name: ModelName;
  readonly model: Model;
}

/** The size that the models of the papers have, with the channels that the first kernel of the file wants. */
function inputsOf(name: ModelName, file: KerasFile, given: ImageShape | undefined): ImageShape[] {
  if (given) return [given];
  const published = describeModel(name).input;
  const channels = file.groups.flatMap(({ weights }) => weights).find(({ shape }) => shape.length === 4)
    ?.shape[2];
  return channels === undefined || channels === published[2] || channels > 4
    ? [published]
    : [[published[0], published[1], channels]];
}

/** Class names to try: those given, those of the papers, or as many as some axis of the file is long. */
function classesOf(file: KerasFile, given: readonly string[] | undefined): (readonly string[] | undefined)[] {
  if (given) return [given];
  const lengths = new Set(
    file.groups
      .flatMap(({ weights }) => weights)
      // A vector of class scores, the classes first of routing weights, or classes * dimensions last.
      .flatMap(({ shape }) => [shape[0]!, shape.at(-1)!, shape.at(-1)! / 16])
      .filter((length) => Number.isInteger(length) && length >= 2 && length <= 1000),
  );
  return [undefined, ...[...lengths].sort((a, b) => a - b).map(numbered)];
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `class ${index}`);

/**
 * The model of the catalogue that the weights fit.
 *
 * @param source name of the file, for messages
 * @throws WeightsError when none fits, with the first difference to the nearest
 */
export function recogniseKeras(file: KerasFile, source: string, options: RecogniseOptions = {}): Recognised {
  const problems: { readonly name: ModelName; readonly problem: string; readonly at: number }[] = [];
  for (const name of options.model ? [options.model] : modelNames) {
    for (const classNames of classesOf(file, options.classNames)) {
      for (const input of inputsOf(name, file, options.input)) {
        for (const decoder of decodersOf(file, input)) {
          try {
            const published = describeModel(name, {
              input,
              decoder: decoder !== null,
              ...(classNames ? { classNames } : {}),
            });
            const model = buildModel(decoder ? { ...published, decoder } : published);
            const problem = kerasMismatch(model, file);
            if (problem === undefined) return { name, model };
            problems.push({ name, problem, at: placeOf(problem) });
          } catch (error) {
            if (!(error instanceof DescriptionError)) throw error;
            problems.push({ name, problem: error.message, at: -1 });
          }
        }
      }
    }
  }
  const nearest = problems.reduce((best, next) => (next.at > best.at ? next : best));
  throw new WeightsError(
    `${source}: these are weights of none of the models that are known here (${modelNames.join(', ')}). Nearest is ${nearest.name}: ${nearest.problem}. If its images or classes are others than in the paper, say so with --input and --classes.`,
  );
}

/** Decoders to try: that of the paper, a dense one of other widths when the file ends with such layers, none. */
function decodersOf(
  file: KerasFile,
  [height, width, channels]: ImageShape,
): (DecoderDescription | undefined | null)[] {
  const kernels = file.groups.at(-1)?.weights.filter(({ shape }) => shape.length > 1) ?? [];
  const widths = kernels.map(({ shape }) => shape[1]!);
  const isDense =
    kernels.length > 1 &&
    kernels.every(({ shape }) => shape.length === 2) &&
    widths.at(-1) === height * width * channels;
  return [undefined, ...(isDense ? [{ kind: 'dense', units: widths.slice(0, -1) } as const] : []), null];
}

/** How far the arrays agree: `array 7, ...` is the seventh. Where the numbers of arrays differ, all that are there fit. */
const placeOf = (problem: string): number =>
  Number(/^array (\d+),/.exec(problem)?.[1] ?? Number.MAX_SAFE_INTEGER);
