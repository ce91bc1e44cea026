/** `capsnet weights`, as a user calls it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildModel, describeModel, loadModel, saveModel, toKeras } from '@capsnet/capsules';
import { leaves, randomKey, type Tensor } from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../main.js';
import { readKeras, writeKeras } from './hdf5.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
const folder = mkdtempSync(join(tmpdir(), 'capsnet-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const model = buildModel(describeModel('efficient-capsnet-smallnorb'));
const { parameters, state } = model.init(randomKey(4));
let keras: Uint8Array;
beforeAll(async () => {
  const contents = await toKeras(model, parameters, state);
  // Names as in the published file, where other layers had been built before.
  const renamed = {
    ...contents,
    groups: contents.groups.map((group) => ({
      ...group,
      weights: group.weights.map((weight) => ({
        ...weight,
        name: weight.name.replace(/^digit_caps/, 'routing_7'),
      })),
    })),
  };
  keras = await writeKeras(renamed);
  writeFileSync(at('keras.h5'), keras);
});

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  const code = await main(['weights', ...args]);
  vi.restoreAllMocks();
  return { code, stdout, stderr };
}
const json = (text: string): Record<string, any>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, any>);

describe('from Keras and back', () => {
  it('keeps every number and every name', async () => {
    const { code, stdout } = await run('import', at('keras.h5'), '-o', at('own.safetensors'), '--json');
    expect(code).toBe(0);
    expect(json(stdout)[0]).toMatchObject({
      event: 'imported',
      model: 'efficient-capsnet-smallnorb',
      parameters: 381_234,
      dataset: 'smallnorb',
    });
    const loaded = loadModel(readFileSync(at('own.safetensors')));
    expect(loaded.model.description).toEqual(model.description);
    for (const [k, leaf] of leaves<Tensor>(loaded.parameters).entries())
      expect(await leaf.data()).toEqual(await leaves<Tensor>(parameters)[k]!.data());

    expect((await run('export', at('own.safetensors'), '-o', at('again.h5'))).code).toBe(0);
    const [first, again] = await Promise.all([
      readKeras(keras, 'a'),
      readKeras(readFileSync(at('again.h5')), 'b'),
    ]);
    expect(again).toEqual(first);
    expect(again.groups[1]!.weights.map(({ name }) => name)).toContain('routing_7/W:0');
  });

  it('half precision halves the file, and info says so', async () => {
    expect((await run('export', at('own.safetensors'), '-o', at('half.safetensors'), '--half')).code).toBe(0);
    const [full, half] = ['own', 'half'].map((name) => readFileSync(at(`${name}.safetensors`)).length);
    expect(half! / full!).toBeLessThan(0.52);
    const { stdout } = await run('info', at('half.safetensors'), '--json');
    const [about] = json(stdout);
    expect(about).toMatchObject({
      model: 'efficient-capsnet-smallnorb',
      parameters: 381_234,
      parametersWithoutDecoder: 151_664,
      input: [48, 48, 2],
    });
    expect(new Set(about!['tensors'].map(({ dtype }: { dtype: string }) => dtype))).toEqual(
      new Set(['float16']),
    );
    expect(about!['sha256']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('writes ONNX, with the notes of the file', async () => {
    const args = ['export', at('own.safetensors'), '--format', 'onnx', '-o', at('own.onnx'), '--json'];
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(json(stdout)[0]).toMatchObject({ event: 'exported', format: 'onnx' });
    const written = readFileSync(at('own.onnx')).toString('latin1');
    for (const name of ['lengths', 'reconstruction', 'smallnorb', 'conv1/kernel'])
      expect(written).toContain(name);
    expect(written).not.toContain('keras_layout');
  });

  it('info reads both formats', async () => {
    const own = await run('info', at('own.safetensors'));
    const foreign = await run('info', at('keras.h5'));
    expect(own.stdout).toMatch(/images +48 x 48 x 2\n/);
    expect(own.stdout).toMatch(/conv1\/kernel +7 x 7 x 2 x 32 +float32/);
    expect(own.stdout).not.toContain('keras_layout');
    expect(foreign.stdout).toMatch(/CapsNet\/routing_7\/W:0 +5 x 16 x 8 x 16/);
    expect(foreign.stdout).toContain('381,234, 151,664 without the decoder');
  });

  it('a Keras file of other images is recognised by their size', async () => {
    const model = buildModel(
      describeModel('efficient-capsnet', { input: [64, 64, 3], classNames: ['cat', 'dog', 'hen'] }),
    );
    const { parameters, state } = model.init(randomKey(1));
    writeFileSync(at('own.h5'), await writeKeras(await toKeras(model, parameters, state)));
    const unknown = await run('info', at('own.h5'));
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('say so with --input and --classes');
    const sized = await run('info', at('own.h5'), '--input', '64x64x3', '--classes', 'cat,dog,hen');
    expect(sized.stderr).toBe('');
    expect(sized.stdout).toMatch(/images +64 x 64 x 3\nclasses +3: cat, dog, hen\n/);
  });
});

describe('list', () => {
  it('shows the weights of the clone', async () => {
    const { code, stdout } = await run('list', '--json');
    expect(code).toBe(0);
    expect(json(stdout)).toContainEqual(
      expect.objectContaining({
        name: 'efficient-capsnet-digits',
        dataset: 'digits',
        parameters: expect.any(Number),
      }),
    );
    const { stdout: table } = await run('list');
    expect(table).toMatch(/name +model +trained on/);
    expect(table).toMatch(/^efficient-capsnet-multimnist .* 10\.78 % of digits$/m);
  });
});

describe('mistakes are told in one line', () => {
  beforeAll(async () => {
    writeFileSync(at('text.h5'), 'hello');
    writeFileSync(at('cut.h5'), keras.subarray(0, 100_000));
    const cnn = buildModel(describeModel('cnn'));
    const drawn = cnn.init(randomKey(1));
    writeFileSync(at('cnn.safetensors'), await saveModel(cnn, drawn.parameters, drawn.state));
    writeFileSync(at('cnn.h5'), await writeKeras(await toKeras(cnn, drawn.parameters, drawn.state)));
  });
  it.each([
    [['import', at('text.h5'), '-o', at('x.safetensors')], 'is not an HDF5 file'],
    [['import', at('cut.h5'), '-o', at('x.safetensors')], 'truncated'],
    [['import', at('none.h5'), '-o', at('x.safetensors')], 'no such file or directory'],
    [['import', at('keras.h5'), '-o', at('x.h5')], 'should end in .safetensors'],
    [['import', at('keras.h5')], "required option '-o, --output <file>' not specified"],
    [
      ['import', at('cnn.h5'), '--model', 'efficient-capsnet', '-o', at('x.safetensors')],
      'Nearest is efficient-capsnet',
    ],
    [['import', at('cnn.h5'), '--model', 'cn', '-o', at('x.safetensors')], 'Did you mean "cnn"?'],
    [
      ['import', at('cnn.h5'), '--input', '28', '-o', at('x.safetensors')],
      '--input wants height, width and channels',
    ],
    [['import', at('cnn.h5'), '--classes', 'a,a', '-o', at('x.safetensors')], '"a" stands there twice'],
    [['export', at('cnn.safetensors'), '-o', at('x.txt')], 'should end in .h5'],
    [['export', at('cnn.safetensors'), '-o', at('x.h5'), '--half'], '--half is for .safetensors'],
    [['export', at('cnn.safetensors'), '-o', at('x.onnx'), '--half'], 'the network in ONNX'],
    [
      ['export', at('cnn.safetensors'), '-o', at('x.h5'), '--format', 'onnx'],
      'should end in .onnx for --format onnx',
    ],
    [['export', at('cnn.safetensors'), '-o', at('x.onnx'), '--format', 'onx'], 'Did you mean "onnx"?'],
    [['export', at('keras.h5'), '-o', at('x.h5')], 'is an HDF5 file, as Keras writes them; export takes'],
    [['info', at('cnn.safetensors'), '--input', '28x28x1'], 'says itself what its model is'],
    [['info', 'efficient-capsnet-digts'], 'Did you mean "efficient-capsnet-digits"?'],
    [['imprt', 'x'], 'Did you mean "import"?'],
    [
      ['info', at('cnn.h5'), '--jsn'],
      'capsnet weights info: unknown option \'--jsn\'. Did you mean "--json"?',
    ],
  ])('%j', async (args, sentence) => {
    const { code, stderr, stdout } = await run(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
