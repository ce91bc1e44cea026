/** Which images of a folder train and which test: as the folder says, or a seeded share of each class. */
import { DataError } from '../errors.js';
import { foldIn, permutation, type RandomKey } from '../random.js';
import { namesOf, type ListedImage, type Listing } from './layout.js';

export interface SplitImages {
  readonly train: readonly ListedImage[];
  readonly test: readonly ListedImage[];
  readonly notes: readonly string[];
}

/** Of each class at least so many images train and test. */
const fewest = { train: 2, test: 1 } as const;

/**
 * Splits a listing. Where the folder does not say, each class (by its first label) gives the share, rounded, at least one image; which ones depends on
 * the key and on the names alone.
 *
 * @throws DataError when a class has too few images, naming it
 */
export function splitListing(
  listing: Listing,
  share: number,
  key: RandomKey,
  directory: string,
): SplitImages {
  const parts = listing.isSplit ? partsOf(listing) : drawn(listing, share, key, directory);
  const count = (images: readonly ListedImage[], label: string): number =>
    images.filter(({ labels }) => labels.includes(label)).length;
  const poor = listing.classNames.filter((label) => count(parts.train, label) < fewest.train);
  if (poor.length > 0)
    throw new DataError(
      `${directory} has too few images to train ${namesOf(poor.map((label) => `"${label}" (${count(parts.train, label)})`))}: at least ${fewest.train} of each class are wanted there, some dozens for a useful result.`,
      directory,
    );
  if (parts.test.length === 0)
    throw new DataError(`${directory} has no images for testing: put some there.`, directory);
  const untested = listing.classNames.filter((label) => count(parts.test, label) < fewest.test);
  return {
    ...parts,
    notes:
      untested.length > 0
        ? [
            `Warning: no test image shows ${namesOf(untested.map((label) => `"${label}"`))}, so the test says nothing of it.`,
          ]
        : [],
  };
}

const partsOf = ({ images }: Listing) => ({
  train: images.filter(({ split }) => split === 'train'),
  test: images.filter(({ split }) => split === 'test'),
});

function drawn({ images, classNames }: Listing, share: number, key: RandomKey, directory: string) {
  const testing = new Set<ListedImage>();
  classNames.forEach((label, number) => {
    const own = images.filter(({ labels }) => labels[0] === label);
    const all = images.filter(({ labels }) => labels.includes(label)).length;
    if (all < fewest.train + fewest.test)
      throw new DataError(
        `${directory} has ${all} ${all === 1 ? 'image' : 'images'} of "${label}", too few to train and test: at least ${fewest.train + fewest.test} are wanted, some dozens for a useful result.`,
        directory,
      );
    const wanted = Math.min(Math.max(fewest.test, Math.round(own.length * share)), own.length - fewest.train);
    for (const index of permutation(foldIn(key, number), own.length).slice(0, Math.max(0, wanted)))
      testing.add(own[index]!);
  });
  return {
    train: images.filter((image) => !testing.has(image)),
    test: images.filter((image) => testing.has(image)),
  };
}
