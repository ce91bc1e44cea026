/** Pictures on the page: 28 x 28 numbers from 0 (paper) to 1 (ink), row by row, as MNIST has them. */
export const side = 28;
export const pixels = side * side;

export const blankPicture = (): Float32Array => new Float32Array(pixels);

/** Whether nothing is drawn. */
export const isBlank = (picture: Float32Array): boolean => picture.every((value) => value === 0);

/** Bytes of a data set as a picture; MNIST's convention divides by 256. */
export const fromBytes = (bytes: Uint8Array): Float32Array =>
  Float32Array.from(bytes, (value) => value / 256);

const digits64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * A picture as text for an address: 64 grey levels, and runs of empty paper as `.` and their length. 28 x 28 pixels of a digit take
 * about 250 characters.
 */
export function pictureToText(picture: Float32Array): string {
  let text = '';
  let empty = 0;
  const flush = (): void => {
    for (; empty > 0; empty -= Math.min(empty, 64)) text += `.${digits64[Math.min(empty, 64) - 1]}`;
  };
  for (const value of picture) {
    const level = Math.round(Math.min(1, Math.max(0, value)) * 63);
    if (level === 0) empty++;
    else {
      flush();
      text += digits64[level];
    }
  }
  flush();
  return text;
}

/** The inverse of `pictureToText`; undefined for a text that is none. */
export function pictureFromText(text: string): Float32Array | undefined {
  const picture = blankPicture();
  let at = 0;
  for (let position = 0; position < text.length; position++) {
    if (text[position] === '.') {
      const run = digits64.indexOf(text[++position] ?? '');
      if (run < 0) return undefined;
      at += run + 1;
    } else {
      const level = digits64.indexOf(text[position]!);
      if (level < 0 || at >= pixels) return undefined;
      picture[at++] = level / 63;
    }
  }
  return at === pixels ? picture : undefined;
}
