// Own images learn: 62 classes of made-up letters, two classes of 200 from five seeds in three epochs, and Fashion-MNIST as pictures no worse than from its own files;
// through the command.
// needs: dataset-fashion-mnist
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFashion } from '../lib/fashion-folder.mjs';
import { writeLetters } from '../lib/own-images.mjs';
import { jsonLines } from '../lib/events.mjs';
import { inLanes } from '../lib/lanes.mjs';
import { root, run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
const folder = mkdtempSync(join(tmpdir(), 'capsnet-own-'));
let passed = 0;
let failed = 0;
/** @param {string} what @param {boolean} good @param {unknown} found */
function check(what, good, found) {
  if (good) passed += 1;
  else failed += 1;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what} ${String(found)}`);
}

/** The share of right answers on the test images. @param {string} dataset @param {string} images their folder @param {...string} flags */
async function trainedOn(dataset, images, ...flags) {
  const command = join(root, 'apps', 'cli', 'bin', 'capsnet.js');
  const args = [
    'train',
    '--dataset',
    dataset,
    '--data-dir',
    images,
    '--out',
    `${images}-run`,
    '--json',
    '--quiet',
    // Two trainings at a time, a core each. The numbers are the same for every number of threads.
    '--threads',
    '1',
  ];
  const { code, output } = await run(process.execPath, [command, ...args, ...flags], { quiet: true });
  const result = jsonLines(output).find(({ event }) => event === 'done');
  if (code !== 0 || !result) console.log(output.slice(-2000));
  return result?.accuracy ?? 0;
}
/** @param {string} images @param {...string} flags */
const trained = (images, ...flags) => trainedOn('folder', images, ...flags);

try {
  const many = async () => {
    const letters = join(folder, 'letters');
    writeLetters(letters, { classes: 62, count: 20 });
    const accuracy = await trained(letters, '--epochs', '5');
    check('62 classes, 20 pictures each, 5 epochs: 90 % of the held-out pictures', accuracy >= 0.9, accuracy);
  };
  const two = (/** @type {number} */ seed) => async () => {
    const images = join(folder, `two-${seed}`);
    writeLetters(images, { classes: 2, count: 200, side: 40, colour: true, seed });
    const accuracy = await trained(images, '--epochs', '3', '--seed', String(seed));
    check(
      `2 classes, 200 pictures each, 3 epochs, seed ${seed}: far from chance`,
      accuracy >= 0.75,
      accuracy,
    );
  };
  const clothes = async () => {
    const sample = join(folder, 'clothes');
    writeFashion(sample, { train: 400, test: 200, colour: 'tint', dataDir: '/usr/share/datasets' });
    const files = await trainedOn('fashion-mnist', join(sample, 'idx'), '--epochs', '4');
    const pictures = await trained(join(sample, 'pictures'), '--epochs', '4');
    check(
      'Fashion-MNIST, 400 images, 4 epochs: 64x64 colour pictures at most 1.5 points below the files of the set',
      files > 0 && pictures >= files - 0.015,
      `${pictures}, ${files}`,
    );
  };
  await inLanes([many, clothes, ...[1, 2, 3, 4, 5].map(two)]);
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
