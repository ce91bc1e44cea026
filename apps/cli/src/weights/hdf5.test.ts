import {
  buildModel,
  describeModel,
  layoutOf,
  toKeras,
  type KerasFile,
  recogniseKeras,
} from '@capsnet/capsules';
import { randomKey } from '@capsnet/tensor';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readKeras, writeKeras } from './hdf5.js';

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);
const weight = fc
  .record({
    layer: name,
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    seed: fc.integer({ min: -1000, max: 1000 }),
  })
  .map(({ layer, shape, seed }) => ({
    name: `${layer}/kernel:0`,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => (seed + k) / 7),
  }));
const file = fc.record({
  backend: fc.constant('tensorflow'),
  version: fc.constantFrom('2.4.0', '2.15.1'),
  groups: fc.uniqueArray(
    fc.record({
      name,
      weights: fc.uniqueArray(weight, { maxLength: 4, selector: (each) => each.name }),
    }),
    { minLength: 1, maxLength: 4, selector: (each) => each.name },
  ),
});

const bytesOf = (contents: KerasFile): number[][] =>
  contents.groups.flatMap(({ weights }) =>
    weights.map(({ data }) => [...new Uint32Array(data.slice().buffer)]),
  );

test.prop([file], { numRuns: 20 })(
  'what is written is read back: order, names, shapes, bits',
  async (contents) => {
    const back = await readKeras(await writeKeras(contents), 'x.h5');
    expect(layoutOf(back)).toEqual(layoutOf(contents));
    expect(bytesOf(back)).toEqual(bytesOf(contents));
  },
  60_000,
);

describe('files that are none', () => {
  const model = buildModel(describeModel('base-capsnet', { decoder: false }));
  const contents = async () => {
    const { parameters, state } = model.init(randomKey(1));
    return toKeras(model, parameters, state);
  };

  it('a truncated file, a foreign one, and one without weights', async () => {
    const bytes = await writeKeras(await contents());
    await expect(readKeras(bytes.subarray(0, bytes.length / 2), 'cut.h5')).rejects.toThrow(
      /^cut\.h5: this cannot be read as an HDF5 file \(.*truncated.*\)/,
    );
    await expect(readKeras(new Uint8Array(1000), 'zero.h5')).rejects.toThrow(/file signature not found/);
    await expect(
      readKeras(await writeKeras({ backend: '', version: '', groups: [] }), 'none.h5'),
    ).resolves.toEqual({ backend: '', version: '', groups: [] });
  });

  it('a number that is none is found where it stands', async () => {
    const file = await contents();
    file.groups[1]!.weights[2]!.data[5] = NaN;
    await expect(readKeras(await writeKeras(file), 'nan.h5')).rejects.toThrow(
      `nan.h5: ${file.groups[1]!.weights[2]!.name} has NaN at place 5. The file is damaged.`,
    );
  });
});

describe('recogniseKeras', () => {
  const fileOf = async (...[model, options]: Parameters<typeof describeModel>): Promise<KerasFile> => {
    const built = buildModel(describeModel(model, options));
    const { parameters, state } = built.init(randomKey(1));
    return toKeras(built, parameters, state);
  };
  it.each([
    'efficient-capsnet',
    'efficient-capsnet-multimnist',
    'efficient-capsnet-smallnorb',
    'base-capsnet',
    'cnn',
  ] as const)('%s, with and without decoder', async (model) => {
    for (const decoder of [true, false]) {
      const found = recogniseKeras(await fileOf(model, { decoder }), 'x.h5');
      expect(found.name).toBe(model);
      expect(found.model.description).toEqual(describeModel(model, { decoder }));
    }
  });

  it('a dense decoder of other widths', async () => {
    const description = {
      ...describeModel('efficient-capsnet'),
      decoder: { kind: 'dense', units: [20, 30] },
    } as const;
    const built = buildModel(description);
    const { parameters, state } = built.init(randomKey(1));
    const found = recogniseKeras(await toKeras(built, parameters, state), 'x.h5');
    expect(found.model.description).toEqual(description);
  });

  it('other numbers of classes and channels by themselves, other sizes when they are told', async () => {
    const classNames = ['a', 'b', 'c'];
    const colour = recogniseKeras(
      await fileOf('efficient-capsnet', { input: [28, 28, 3], classNames }),
      'x.h5',
    );
    expect(colour.model.description).toMatchObject({
      input: [28, 28, 3],
      classNames: ['class 0', 'class 1', 'class 2'],
    });
    const large = await fileOf('efficient-capsnet', { input: [64, 64, 3], classNames });
    expect(() => recogniseKeras(large, 'large.h5')).toThrow(
      /^large\.h5: these are weights of none of the models .* Nearest is efficient-capsnet: .* say so with --input and --classes\.$/,
    );
    const told = recogniseKeras(large, 'large.h5', { input: [64, 64, 3], classNames });
    expect(told.model.description).toMatchObject({ input: [64, 64, 3], classNames });
  });
});
