/**
 * A split as a model sees it: the images as they are stored, the recipe that makes examples of them, and what the examples look like. The
 * recipe is plain data; a weights file carries the one for testing, so that a test prepares images exactly as the training did.
 */
import { examplesOf, type ImageDataset, type ImageShape, type Recipe, type Split } from '@capsnet/datasets';
import { shareDataset } from '@capsnet/datasets/node';
import { UserError } from '../errors.js';

export interface ExampleSet {
  readonly name: string;
  readonly split: Split;
  /** Height, width and channels of what the model sees. */
  readonly shape: ImageShape;
  /** Examples in a pass; for overlaid digits more than there are images. */
  readonly count: number;
  readonly classes: number;
  readonly classNames: readonly string[];
  /** More than 1: an image may have several labels, -1 fills up. */
  readonly labelsPerImage: number;
  /** 2 for overlaid digits: two labels and two pictures to draw, one for each. */
  readonly decodings: 1 | 2;
  /** The images as they are stored, in memory that threads share. */
  readonly source: ImageDataset;
  readonly recipe: Recipe;
}

/** What an example is called: `image`, or `pair` of overlaid digits. */
export const unitOf = ({ decodings }: Pick<ExampleSet, 'decodings'>): 'image' | 'pair' =>
  decodings === 2 ? 'pair' : 'image';

/** The examples that a recipe makes of images. */
export function exampleSet(images: ImageDataset, recipe: Recipe): ExampleSet {
  const { shape, count, labelsPerImage, targetsPerImage } = examplesOf(images, recipe);
  const { name, split, classes, classNames } = images;
  return {
    ...{ name, split, shape, count, classes, classNames, labelsPerImage, recipe },
    decodings: targetsPerImage === 2 ? 2 : 1,
    source: shareDataset(images),
  };
}

/** A recipe as the text of a weights file's note. */
export const recipeNote = (recipe: Recipe): string => JSON.stringify(recipe);

/**
 * The recipe of a note.
 *
 * @throws UserError when the note is no recipe
 */
export function recipeOfNote(note: string, file: string): Recipe {
  try {
    const recipe = JSON.parse(note) as Partial<Recipe> | null;
    if (recipe && ['images', 'norb', 'multimnist'].includes(String(recipe.kind))) return recipe as Recipe;
  } catch {
    // Told below.
  }
  throw new UserError(
    `--weights: ${file} says in its note "recipe" how to prepare images, but not in a way that this version knows: "${note.slice(0, 60)}". Take the version of capsnet that wrote the file.`,
  );
}
