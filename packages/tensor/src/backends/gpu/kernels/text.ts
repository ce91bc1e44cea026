/**
 * Writing kernels. A kernel is the text of a function that GPU.js translates to WGSL, GLSL, WebAssembly or plain JavaScript. It is run once
 * for every element of its result, with that element's position in `this.thread.x`, and it is **closed**: it knows its parameters
 * (flat arrays), `this.thread` and `Math`, nothing else.
 *
 * Two facts shape all of them. Local variables are 32-bit floats on every device, so positions are exact below 2^24 only: tensors
 * are limited to that many elements (`largestTensor`). And loops must have literal bounds, or GPU.js cuts them after 1000
 * rounds: so shapes are written into the text.
 */

/** Elements that a tensor may have here: positions are floats in the kernels, whole numbers are exact up to this. */
export const largestTensor = 2 ** 24;

/** A kernel's text, with what it takes and gives. */
export interface Kernel {
  /** What it does, in the words of the operations: for listings and profiles. */
  readonly name: string;
  readonly source: string;
  /** Elements of the result. */
  readonly size: number;
  /** Floating-point operations of one run, multiply and add counted as two. */
  readonly operations: number;
}

/** A number as it stands in a kernel. Only finite ones can: the others come in as arrays. */
export function literal(value: number): string {
  // What float32 rounds to, so that every device starts from the same number.
  const rounded = Math.fround(value);
  const text = String(Number.isInteger(rounded) ? rounded : Number(rounded.toPrecision(9)));
  return rounded < 0 || Object.is(rounded, -0) ? `(${text})` : text;
}

/** The text of a kernel: statements, and the value that the last line returns. */
export function functionText(
  parameters: readonly string[],
  statements: readonly string[],
  result: string,
): string {
  const body = [...statements, `return ${result};`].map((line) => `  ${line}`);
  return `function (${parameters.join(', ')}) {\n${body.join('\n')}\n}`;
}

/** Lines set in by one step, for bodies of loops and conditions. */
export const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** A loop over `0 ... count - 1`. */
export const loop = (variable: string, count: number, body: readonly string[]): string[] => [
  `for (let ${variable} = 0; ${variable} < ${count}; ${variable}++) {`,
  ...indent(body),
  '}',
];

/** `factor * stride`, and sums of such terms, without the ones and zeros. */
export const product = (factor: string, stride: number): string =>
  stride === 1 ? factor : `${factor} * ${stride}`;
export const total = (terms: readonly string[]): string => {
  const given = terms.filter((term) => term !== '0');
  return given.length === 0 ? '0' : given.join(' + ');
};

/** An axis of the index space that a kernel takes apart. */
export interface Axis {
  readonly name: string;
  readonly length: number;
}

/** Below this, half a step of safety keeps an inexact division (GPUs: 2.5 units in the last place) from crossing a whole number. */
const safeQuotient = 2 ** 20;

/**
 * Statements that take a row-major position apart into its coordinates, from the last axis to the first: `quotient`
 * is the position without the axes so far.
 *
 * @param position name of the variable that holds the position
 * @param space number of positions
 */
export function coordinates(position: string, space: number, axes: readonly Axis[]): string[] {
  const lines: string[] = [];
  let rest = position;
  let left = space;
  [...axes].reverse().forEach(({ name, length }, step) => {
    if (length === 1) {
      lines.push(`const ${name} = 0;`);
      return;
    }
    if (left === length) {
      lines.push(`const ${name} = ${rest};`);
      return;
    }
    const quotient = `${position}${'abcdefgh'[step] ?? step}`;
    if (left < safeQuotient) {
      lines.push(
        `const ${quotient} = Math.floor((${rest} + 0.5) / ${length});`,
        `const ${name} = ${rest} - ${quotient} * ${length};`,
      );
    } else {
      // Up to 2^24 the quotient may be off by one either way; the remainder tells.
      lines.push(
        `let ${quotient} = Math.floor(${rest} / ${length});`,
        `let ${name} = ${rest} - ${quotient} * ${length};`,
        `if (${name} < 0) { ${quotient} -= 1; ${name} += ${length}; }`,
        `if (${name} >= ${length}) { ${quotient} += 1; ${name} -= ${length}; }`,
      );
    }
    rest = quotient;
    left /= length;
  });
  return lines;
}
