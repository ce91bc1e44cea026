// `capsnet train` on augmented images of MNIST beside the benchmark's training step, in turn: `npm run training-speed -- --data-dir DIR [--threads 2] [--rounds 4]`.
// docs/performance.md has the figures.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonLines } from './lib/events.mjs';
import { median } from './lib/median.mjs';
import { run } from './lib/process.mjs';
import { setup } from './lib/setup.mjs';

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '4' },
  },
});
const { 'data-dir': data, threads, rounds } = values;
if (data === undefined) {
  console.error('training-speed: --data-dir says where the files of MNIST are.');
  process.exit(2);
}
await setup();
const work = mkdtempSync(join(tmpdir(), 'capsnet-speed-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** @param {string[]} args */
async function capsnet(...args) {
  const { code, output } = await run(
    process.execPath,
    ['apps/cli/bin/capsnet.js', ...args, '--threads', threads, '--json'],
    { quiet: true },
  );
  if (code !== 0) throw new Error(output);
  return jsonLines(output);
}

/** @type {{ benchmark: number[], training: number[] }} */
const speeds = { benchmark: [], training: [] };
for (let round = 0; round < Number(rounds); round++) {
  const measured = await capsnet(
    ...['bench', '--model', 'efficient-capsnet', '--batch', '16', '--only', 'training', '--seconds', '4'],
  );
  speeds.benchmark.push(measured.find(({ event }) => event === 'training').imagesPerSecond);
  const epochs = await capsnet(
    ...['train', '--dataset', 'mnist', '--data-dir', data, '--batch-size', '16', '--epochs', '2', '--quiet'],
    ...['--limit-train', '4960', '--hold-out', '160', '--limit-test', '160', '--out', join(work, `${round}`)],
  );
  // The first epoch begins with compiling, which an epoch of all images does not notice.
  speeds.training.push(epochs.find(({ event, epoch }) => event === 'epoch' && epoch === 2).imagesPerSecond);
}
for (const [name, all] of Object.entries(speeds)) {
  console.log(
    `${name}: ${median(all).toFixed(0)} images/s (${all.map((speed) => speed.toFixed(0)).join(', ')})`,
  );
}
console.log(`ratio of the medians: ${(median(speeds.training) / median(speeds.benchmark)).toFixed(2)}`);
