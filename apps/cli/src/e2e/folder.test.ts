/** One's own images through the commands: train, the test that the training proposes, predict; and what is told before a training starts. */
import { existsSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { capsnet, temporaryFolder } from './cli.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** A bright bar that lies or stands, somewhere. */
function bar(file: string, stands: boolean, number: number): string {
  const side = 28;
  const data = new Uint8Array(side * side);
  const at = 4 + (number % 18);
  for (let row = 4; row < 24; row++)
    for (let wide = 0; wide < 4; wide++)
      data[stands ? row * side + at + wide : (at + wide) * side + row] = 200 + number;
  writeFileSync(file, encode({ width: side, height: side, channels: 1, data }));
  return file;
}

/** Two classes of 14 bars. */
function bars(name: string): string {
  const root = join(folder.path, name);
  for (const [label, stands] of [
    ['lying bar', false],
    ['standing', true],
  ] as const) {
    mkdirSync(join(root, label), { recursive: true });
    for (let number = 0; number < 14; number++) bar(join(root, label, `${number}.png`), stands, number);
  }
  return root;
}

const training = (images: string, out: string): string[] => [
  ...['train', '--dataset', 'folder', '--data-dir', images, '--out', out],
  ...['--epochs', '2', '--no-decoder', '--no-augment', '--threads', '1'],
];

// Processes take their time on a busy machine.
describe('own images', { timeout: 180_000 }, () => {
  it('train, the test that is proposed then, and predict, which answers with the names of the folders', async () => {
    const images = bars('my bars');
    const out = join(folder.path, 'run');
    const run = await capsnet(training(images, out));
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/my bars: 28 images of 2 classes, 6 of them .* as 28x28 grey/);
    expect(run.stderr).toMatch(/memory: \d+ MB for the network.*\n(.*\n)*.*epoch 1/);
    const proposed = /^Test them: capsnet (.*)$/m.exec(run.stdout)![1]!;
    const words = [...proposed.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    const tested = await capsnet([...words, '--json']);
    expect(tested.code, tested.stderr).toBe(0);
    const [done] = tested.events();
    expect(done).toMatchObject({ count: 6 });
    expect(run.stdout).toContain(`${(100 * Number(done!['accuracy'])).toFixed(2)} % of 6 test images right`);

    const asked = [bar(join(folder.path, 'a.png'), true, 5), bar(join(folder.path, 'b.png'), false, 9)];
    const answers = await capsnet([
      'predict',
      ...asked,
      '--weights',
      join(out, 'best.safetensors'),
      '--json',
    ]);
    expect(answers.code, answers.stderr).toBe(0);
    for (const { predicted, classes } of answers.events() as {
      predicted: string;
      classes: { name: string }[];
    }[]) {
      expect(classes.map(({ name }) => name).sort()).toEqual(['lying bar', 'standing']);
      expect(predicted).toBe(classes[0]!.name);
    }
  });

  it('go on only with the images that a run began with, and answer together only where none was trained on a test image of another', async () => {
    const images = bars('common');
    const short = (root: string, out: string, seed: string): string[] => [
      ...training(root, join(folder.path, out)),
      ...['--epochs', '1', '--seed', seed],
    ];
    for (const seed of ['1', '2'])
      expect((await capsnet(short(images, `unsplit ${seed}`, seed))).code).toBe(0);
    const weights = (name: string): string[] => ['--weights', join(folder.path, name, 'best.safetensors')];
    const leaking = await capsnet([
      ...['test', ...weights('unsplit 1'), ...weights('unsplit 2'), '--data-dir', images],
    ]);
    expect([leaking.code, leaking.stderr]).toEqual([
      2,
      expect.stringContaining('what one has held out, another was trained on'),
    ]);

    const split = join(folder.path, 'split');
    mkdirSync(split);
    renameSync(bars('for training'), join(split, 'train'));
    renameSync(bars('for testing'), join(split, 'test'));
    for (const seed of ['1', '2']) expect((await capsnet(short(split, `split ${seed}`, seed))).code).toBe(0);
    const together = await capsnet([
      ...['test', ...weights('split 1'), ...weights('split 2'), '--data-dir', split, '--json'],
    ]);
    expect(together.code, together.stderr).toBe(0);
    expect(together.events()[0]).toMatchObject({ count: 28 });

    const resume = ['train', '--resume', join(folder.path, 'unsplit 1'), '--epochs', '2'];
    bar(join(images, 'standing', 'new.png'), true, 3);
    const other = await capsnet(resume);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('does not hold the files and classes that the run in'),
    ]);
    unlinkSync(join(images, 'standing', 'new.png'));
    expect((await capsnet(resume)).code).toBe(0);
  });

  it('have to be of the classes that the weights know, for robustness too', async () => {
    const out = join(folder.path, 'known');
    expect((await capsnet([...training(bars('known classes'), out), '--epochs', '1'])).code).toBe(0);
    const other = bars('other classes');
    renameSync(join(other, 'standing'), join(other, 'leaning'));
    const asked = await capsnet([
      ...['robustness', '--weights', join(out, 'best.safetensors')],
      ...['--dataset', 'folder', '--data-dir', other, '--limit-test', '4'],
    ]);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('has the class "leaning"')]);
  });

  it.each([
    ['a broken image', 'standing/no picture.png', /standing\/no picture\.png is neither a PNG nor a JPEG/],
    ['an empty class', 'empty/', /empty is a class without PNG or JPEG images/],
  ])('%s is told by its name before the training starts', async (what, extra, sentence) => {
    const images = bars(what);
    const path = join(images, extra);
    if (extra.endsWith('/')) mkdirSync(path);
    else writeFileSync(path, 'words');
    const out = join(folder.path, `${what} run`);
    const run = await capsnet(training(images, out));
    expect(run.stderr).toMatch(sentence);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([run.code, run.stdout, existsSync(join(out, 'config.json'))]).toEqual([2, '', false]);
  });
});
