/** What a skeleton is: the strokes of one way of writing a digit. */

/** The box is x from 0 to 1 and y from 0 (top) to 1 (bottom); a third number 1 marks a corner, where the path bends sharply. */
export type SkeletonPoint = readonly [x: number, y: number, corner?: 0 | 1];
export type Stroke = readonly SkeletonPoint[];

export interface Skeleton {
  /** Weighs the skeletons of a digit against each other. */
  readonly often: number;
  readonly strokes: readonly Stroke[];
}
