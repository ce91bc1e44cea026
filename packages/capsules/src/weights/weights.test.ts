import { createBackend, leavesWithPaths, randomKey, setBackend, type Tensor } from '@capsnet/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../models/build.js';
import { describeModel } from '../models/catalogue.js';
import { loadModel, readWeights, saveModel } from './modelFile.js';
import { decodeSafetensors, encodeSafetensors, WeightsError, type StoredTensor } from './safetensors.js';

beforeAll(async () => {
  await setBackend(await createBackend('reference'));
});

const stored = fc
  .oneof(
    fc.float32Array({ maxLength: 20 }),
    fc.float64Array({ maxLength: 5 }),
    fc.int32Array({ maxLength: 7 }),
    fc.uint8Array({ maxLength: 9 }),
  )
  .map((data): StoredTensor => ({ shape: [1, data.length], data }));

describe('safetensors', () => {
  test('what is written is read, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), stored),
        fc.dictionary(fc.string(), fc.string()),
        (tensors, notes) => {
          fc.pre(!('__metadata__' in tensors));
          const entries = Object.entries(tensors);
          const bytes = encodeSafetensors(entries, notes);
          const read = decodeSafetensors(bytes);
          expect([...read.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, { shape, data }] of entries) {
            const back = read.tensors.get(name)!;
            expect(back.shape).toEqual(shape);
            expect(back.data.constructor).toBe(data.constructor);
            expect(new Uint8Array(back.data.buffer, back.data.byteOffset, back.data.byteLength)).toEqual(
              new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
            );
          }
          expect({ ...read.metadata }).toEqual({ ...notes });
          expect(encodeSafetensors(entries, notes)).toEqual(bytes);
        },
      ),
    );
  });

  const bytes = encodeSafetensors(
    [
      ['a', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['b', { shape: [1], data: Int32Array.of(7) }],
    ],
    { note: 'x' },
  );
  const withHeader = (change: (header: any) => unknown, cut = 0): Uint8Array => {
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const text = new TextEncoder().encode(JSON.stringify(change(header) ?? header));
    const out = new Uint8Array(8 + text.length + bytes.length - 8 - length - cut);
    new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
    out.set(text, 8);
    out.set(bytes.subarray(8 + length, bytes.length - cut), 8 + text.length);
    return out;
  };

  test('every cut is noticed', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(WeightsError);
  });

  test('random damage to the header is an error or harmless, never another kind of failure', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          decodeSafetensors(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['a wrong dtype', () => withHeader((h) => void (h.a.dtype = 'F99')), /"a" has dtype "F99"/],
    ['a negative side', () => withHeader((h) => void (h.a.shape = [-2, -2])), /"a" has shape \[-2,-2\]/],
    [
      'a shape that does not fit',
      () => withHeader((h) => void (h.a.shape = [3, 2])),
      /needs 24 bytes, its offsets \[0,16\] span 16/,
    ],
    [
      'overlapping tensors',
      () => withHeader((h) => void (h.b.data_offsets = [12, 16])),
      /"b" starts at byte 12 of the data, inside/,
    ],
    [
      'a hole',
      () => withHeader((h) => void (h.b = { dtype: 'U8', shape: [2], data_offsets: [18, 20] })),
      /bytes 16 to 18 .* belong to no tensor/,
    ],
    ['data after the end', () => withHeader((h) => void delete h.b), /4 bytes after the last tensor/],
    [
      'missing data',
      () => withHeader(() => undefined, 4),
      /"b" ends at byte 20 of the data, the file has 16/,
    ],
    ['odd offsets', () => withHeader((h) => void (h.a.data_offsets = [0, 16.5])), /data_offsets/],
    [
      'metadata that is no text',
      () => withHeader((h) => void (h.__metadata__ = { n: 1 })),
      /__metadata__ must map names to texts/,
    ],
    ['an entry that is no record', () => withHeader((h) => void (h.a = 1)), /"a" is not described/],
    ['a header that is a list', () => withHeader(() => []), /not a JSON object/],
    [
      'an impossible header length',
      () => {
        const copy = bytes.slice();
        copy.fill(255, 0, 8);
        return copy;
      },
      /not a safetensors file/,
    ],
  ] as const)('%s is told', (_, make, message) => {
    expect(() => decodeSafetensors(make(), 'w.safetensors')).toThrow(message);
    expect(() => decodeSafetensors(make(), 'w.safetensors')).toThrow(/^w\.safetensors: /);
  });

  test('half precision is read', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555);
    const header = new TextEncoder().encode(
      JSON.stringify({ h: { dtype: 'F16', shape: [5], data_offsets: [0, 10] } }),
    );
    const file = new Uint8Array(8 + header.length + 10);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(header, 8);
    file.set(new Uint8Array(halves.buffer), 8 + header.length);
    expect(Array.from(decodeSafetensors(file).tensors.get('h')!.data)).toEqual([
      1,
      -2,
      2 ** -24,
      Infinity,
      0.333251953125,
    ]);
  });
});

describe('model files', () => {
  const description = describeModel('efficient-capsnet', {
    input: [20, 20, 1],
    classNames: ['shoe', 'hat', 'größe'],
    decoder: false,
  });
  const model = buildModel(description);

  test('a file alone rebuilds the model, its weights and its class names', async () => {
    const { parameters, state } = model.init(randomKey(5));
    const bytes = await saveModel(model, parameters, state, { epoch: '3' });
    expect(Buffer.compare(await saveModel(model, parameters, state, { epoch: '3' }), bytes)).toBe(0);
    const loaded = loadModel(bytes);
    expect(loaded.model.description).toEqual(description);
    expect(loaded.metadata).toEqual({ epoch: '3' });
    for (const [before, after] of [
      [parameters, loaded.parameters],
      [state, loaded.state],
    ] as const) {
      const [a, b] = [leavesWithPaths(before), leavesWithPaths(after)];
      expect(b.map(({ path }) => path)).toEqual(a.map(({ path }) => path));
      for (const [k, { leaf }] of a.entries())
        expect(Array.from(await (b[k]!.leaf as Tensor).data()).join()).toBe(
          Array.from(await (leaf as Tensor).data()).join(),
        );
    }
    expect(
      Buffer.compare(await saveModel(loaded.model, loaded.parameters, loaded.state, { epoch: '3' }), bytes),
    ).toBe(0);
  });

  test('weights of another model are told', async () => {
    const { parameters, state } = model.init(randomKey(5));
    const bytes = await saveModel(model, parameters, state);
    const file = decodeSafetensors(bytes);
    const cnn = buildModel(describeModel('cnn', { input: [20, 20, 1], decoder: false }));
    expect(() => readWeights(cnn, file, 'w')).toThrow(
      /w: these are weights of another model than cnn: the file lacks hidden\/kernel.* and has primary\/kernel/,
    );
    const wider = buildModel({ ...description, classNames: ['a', 'b', 'c', 'd'] });
    expect(() => readWeights(wider, file, 'w')).toThrow(
      /w: digit\/W has shape \[3,16,8,16\], the model efficient-capsnet needs \[4,16,8,16\]/,
    );
    await expect(saveModel(cnn, parameters, state)).rejects.toThrow(/do not belong to this model/);
  });

  test('files that are not ours are told', () => {
    expect(() => loadModel(encodeSafetensors([]), 'w')).toThrow(/w: the file has no model description/);
    expect(() => loadModel(encodeSafetensors([], { capsnet_format: '9', capsnet_model: '{}' }), 'w')).toThrow(
      /format 9/,
    );
    expect(() => loadModel(encodeSafetensors([], { capsnet_format: '1', capsnet_model: '{' }), 'w')).toThrow(
      WeightsError,
    );
    expect(() =>
      loadModel(encodeSafetensors([], { capsnet_format: '1', capsnet_model: '{"kind":"x"}' }), 'w'),
    ).toThrow(/w: model description: model.kind is "x"/);
  });
});
