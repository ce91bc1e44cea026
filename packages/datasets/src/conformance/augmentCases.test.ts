import { describe, expect, it } from 'vitest';
import { DataError } from '../errors.js';
import { augmentGoldens, sharedFolder } from '../testing/golden.js';
import { augmentTolerance, runAugmentCase } from './augmentCases.js';

describe.skipIf(!sharedFolder)('augment/ of the reference values (CAPSNET_SHARED)', () => {
  const goldens = sharedFolder ? augmentGoldens(sharedFolder) : [];
  it.each(goldens.map((golden) => [golden.entry.name, golden] as const))('%s', (_, { entry, tensors }) => {
    const outputs = runAugmentCase(entry, tensors);
    const wanted = entry.tensors.outputs.filter((name) => name !== 'y_q');
    expect(Object.keys(outputs).sort()).toEqual([...wanted].sort());
    for (const name of wanted) {
      const expected = tensors[name]!.data;
      const actual = outputs[name]!;
      expect(actual.length).toBe(expected.length);
      let worst = 0;
      for (let at = 0; at < expected.length; at++)
        worst = Math.max(worst, Math.abs(expected[at]! - actual[at]!));
      expect(worst, name).toBeLessThanOrEqual(augmentTolerance(entry.op));
    }
  });
});

describe('cases that cannot run', () => {
  const entry = { name: 'x', op: 'rotate', attrs: {}, file: '', tensors: { inputs: ['x'], outputs: ['y'] } };
  it('names an unknown operation', () => {
    expect(() => runAugmentCase({ ...entry, op: 'toString' }, {})).toThrow(/asks for toString/);
  });
  it('names a missing attribute and a missing tensor', () => {
    expect(() => runAugmentCase(entry, {})).toThrow(DataError);
    expect(() => runAugmentCase(entry, {})).toThrow(/no attribute angles/);
    expect(() => runAugmentCase({ ...entry, attrs: { angles: [0] } }, {})).toThrow(/no tensor x/);
  });
});
