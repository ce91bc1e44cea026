/**
 * How people write the ten digits: for each digit several skeletons, each a few strokes, each stroke a list of points that a smooth pen path
 * runs through.
 */
import type { Skeleton } from './skeleton.js';
import { four, one, three, two, zero } from './skeletons0to4.js';
import { eight, five, nine, seven, six } from './skeletons5to9.js';

export type { Skeleton } from './skeleton.js';

/** The skeletons of the digits 0 to 9. */
export const digitSkeletons: readonly (readonly Skeleton[])[] = [
  zero,
  one,
  two,
  three,
  four,
  five,
  six,
  seven,
  eight,
  nine,
];
