/**
 * What may be chosen about pictures, by name and limit: for flags and forms, without the code that reads any.
 *
 * @module @capsnet/datasets/choices
 */

/**
 * `fit`: the whole image, scaled to the size it fits into, the rest in the mean colour of its edge; `crop`: the middle of the image, scaled to
 * fill the size. An image of the same proportions is only scaled by either.
 */
export const resizeModes = ['fit', 'crop'] as const;
/** One of `resizeModes`. */
export type ResizeMode = (typeof resizeModes)[number];

/** What becomes of the colours of one's own images. */
export const colourModes = ['auto', 'grey', 'colour'] as const;
/** `auto`: as the images are; `grey` and `colour`: all of them so. */
export type ColourMode = (typeof colourModes)[number];

/** Shortest and longest side of the images that models take. */
export const sideLimits = [28, 224] as const;
