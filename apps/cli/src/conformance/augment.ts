/**
 * The deterministic pieces of the data pipelines (`augment/` of the reference values), through `@capsnet/datasets`. They run on plain
 * arrays, on no backend; the tolerance of each case stands in its `attrs`, in words, and is absolute.
 */
import { augmentOperations, augmentTolerance, runAugmentCase } from '@capsnet/datasets';
import { CaseError } from './attributes.js';
import { errorOf, type Comparison } from './compare.js';
import type { CaseTensors, GoldenCase } from './golden.js';

export const isAugmentation = (op: string): boolean => augmentOperations.includes(op);

const number = String.raw`(\d+(?:\.\d+)?(?:e[-+]?\d+)?)`;

/** What `attrs` allow the tensor in words: "tolerance 3e-2", or "<= 2e-2 to y" for one tensor. */
function toldTolerance(attrs: Readonly<Record<string, unknown>>, tensor: string): number | undefined {
  for (const text of Object.values(attrs).filter((value) => typeof value === 'string')) {
    const single = new RegExp(String.raw`${number} to ${tensor}(?![\w])`, 'i').exec(text);
    const general = new RegExp(String.raw`\btolerance\s*:?\s*${number}`, 'i').exec(text);
    const found = single ?? general;
    if (found) return Number(found[1]);
  }
  return undefined;
}

export function runAugmentation(golden: GoldenCase, tensors: CaseTensors): readonly Comparison[] {
  const { name, op, attrs, file } = golden;
  const [inputs, outputs] = [tensors.names('inputs'), tensors.names('outputs')];
  const given = Object.fromEntries(
    inputs.map((input) => {
      const { shape, data } = tensors.get(input);
      if (data instanceof Float64Array)
        throw new CaseError(`${name}: "${input}" is stored in double precision, wanted F32, I32 or U8.`);
      return [input, { shape, data }];
    }),
  );
  const results = runAugmentCase({ name, op, attrs, file, tensors: { inputs, outputs } }, given);
  // A second set of expected values may stand beside the first, for those who round positions as OpenCV does: ours are exact.
  const compared = outputs.filter((output) => !(op === 'rotate' && output === 'y_q'));
  return compared.map((output) => {
    const reference = tensors.get(output);
    const actual = results[output];
    if (actual?.length !== reference.data.length) {
      throw new CaseError(
        `${output}: ${actual ? `${actual.length} numbers` : 'nothing'} came out, the reference has ${reference.data.length}.`,
      );
    }
    const tolerance = toldTolerance(attrs, output) ?? augmentTolerance(op);
    return { tensor: output, error: errorOf(actual, reference, 'absolute'), tolerance };
  });
}
