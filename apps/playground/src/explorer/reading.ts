/** What a network says of a picture. */
import type { Engine } from '../client.js';
import { titleOf } from '../library.js';
import { side } from '../pictures/picture.js';
import { identity, isIdentity, transformed, type Transform } from '../pictures/transform.js';
import type { Encoded, NetworkInfo } from '../protocol.js';

export interface Reading {
  readonly info: NetworkInfo;
  readonly encoded: Encoded;
  /** The capsules of the picture before it was turned and moved, classes x dimensions; undefined when it was not. */
  readonly rest: Float32Array | undefined;
  /** Class of the longest capsule. */
  readonly longest: number;
  /** The picture as the network saw it. */
  readonly seen: Float32Array;
}

/**
 * Reads a picture; a turned or moved one together with the original, so that one can see which dimensions moved.
 *
 * @throws Error when the network takes smaller pictures
 */
export async function readPicture(
  engine: Engine,
  info: NetworkInfo,
  picture: Float32Array,
  transform: Transform,
): Promise<Reading> {
  const [height, width] = info.input;
  if (height < side || width < side)
    throw new Error(
      `${titleOf(info)} takes images of ${height} x ${width}; this page has ${side} x ${side}. Choose another network.`,
    );
  const seen = transformed(picture, transform, height, width);
  const moved = !isIdentity(transform);
  const count = moved ? 2 : 1;
  const images = new Float32Array(count * seen.length);
  images.set(seen);
  if (moved) images.set(transformed(picture, identity, height, width), seen.length);
  const all = await engine.call('encode', { network: info.name, images, count }, [images.buffer]);
  const classes = info.classNames.length;
  const children = info.children.reduce((product, length) => product * length, 1);
  const encoded: Encoded = {
    ...all,
    lengths: all.lengths.subarray(0, classes),
    capsules: all.capsules.subarray(0, classes * info.dimensions),
    couplings: all.couplings.subarray(0, classes * children),
  };
  return {
    info,
    encoded,
    rest: moved ? all.capsules.subarray(classes * info.dimensions) : undefined,
    longest: longestOf(encoded.lengths),
    seen,
  };
}

/** The class of the largest number, the first one on ties. */
export function longestOf(lengths: ArrayLike<number>): number {
  let longest = 0;
  for (let label = 1; label < lengths.length; label++)
    if (lengths[label]! > lengths[longest]!) longest = label;
  return longest;
}

/** The class that was asked for, or the longest when none was (-1) or the network has no such class. */
export const chosenOf = ({ info, longest }: Reading, asked: number): number =>
  asked >= 0 && asked < info.classNames.length ? asked : longest;

/** The numbers of the capsule of a class, with noise added. */
export const vectorOf = (
  { info, encoded }: Reading,
  label: number,
  noise: readonly number[] = [],
): Float32Array =>
  encoded.capsules
    .slice(label * info.dimensions, (label + 1) * info.dimensions)
    .map((value, dimension) => value + (noise[dimension] ?? 0));
