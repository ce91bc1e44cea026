// Measures training on two processes with one thread each beside one process with two threads, in turn, and projects from it how far more machines carry:
// `npm run scaling`. docs/scaling.md has the figures and what they rest on.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLines } from './lib/events.mjs';
import { median } from './lib/median.mjs';
import { setup } from './lib/setup.mjs';

await setup();
// It reads files with the built package.
const { binary, execute, mpirun } = await import('./lib/mpi.mjs');

/** Of each, in turn, and training images of each epoch; fewer for a busy machine: `npm run scaling -- 1 400`. */
const [rounds = 3, images = 1300] = process.argv.slice(2).map(Number);
const networks = [
  { name: '10 Gbit/s Ethernet, TCP', bytesPerSecond: 1.25e9, latency: 50e-6 },
  { name: '100 Gbit/s InfiniBand', bytesPerSecond: 12.5e9, latency: 2e-6 },
];
/** Sums that the gradients of a step are put into, and small ones of four batch normalisations. */
const [buckets, statistics] = [3, 12];

const work = mkdtempSync(join(tmpdir(), 'capsnet-scaling-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/**
 * Seconds that the batch of a step needs beside `sums` on `nodes` machines: a ring moves 2 (n - 1) / n of the bytes through each, in 2 (n - 1) rounds a bucket; small
 * sums go up and down a tree. Nothing is taken to happen at the same time as the computation.
 * @param {number} nodes @param {number} bytes @param {(typeof networks)[number]} network
 */
const secondsInSums = (nodes, bytes, { bytesPerSecond, latency }) =>
  (2 * (nodes - 1) * bytes) / nodes / bytesPerSecond +
  buckets * 2 * (nodes - 1) * latency +
  statistics * 2 * Math.ceil(Math.log2(nodes)) * latency;

console.log(
  `${availableParallelism()} processors, ${rounds} rounds of each in turn, efficient-capsnet on digits`,
);
for (const batch of [32, 128].filter((size) => 4 * size < images)) {
  const task = [
    ...[
      'train',
      '--dataset',
      'digits',
      '--limit-train',
      `${images}`,
      '--limit-test',
      '50',
      '--epochs',
      '3',
      '--json',
      '--quiet',
    ],
    ...['--sync-batch-norm', '--out', join(work, 'run')],
  ];
  /** @type {any[]} */
  const [one, two] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const alone = await execute(process.execPath, [
      binary,
      ...task,
      '--threads',
      '2',
      '--batch-size',
      `${batch}`,
    ]);
    const both = await mpirun(2, [
      ...task,
      '--threads',
      '1',
      '--batch-size',
      `${batch / 2}`,
      '--distributed',
      'mpi',
    ]);
    for (const { code, stderr } of [alone, both]) if (code !== 0) throw new Error(stderr);
    // The first epoch compiles.
    const epochs = (/** @type {string} */ text) =>
      jsonLines(text).filter(({ event, epoch }) => event === 'epoch' && epoch > 1);
    one.push(...epochs(alone.stdout));
    two.push(...epochs(both.stdout));
  }
  const speed = (/** @type {any[]} */ events) => median(events.map(({ imagesPerSecond }) => imagesPerSecond));
  const steps = two[0].step / two[0].epoch;
  const bytes = two[0].sumsBytes / steps;
  const share = median(two.map((/** @type {{ sumsShare: number }} */ { sumsShare }) => sumsShare));
  console.log(
    `batch ${batch}: 1 process x 2 threads ${speed(one).toFixed(0)} images/s, 2 processes x 1 thread ${speed(two).toFixed(0)}: ${(speed(two) / speed(one)).toFixed(2)}x; ` +
      `${(100 * share).toFixed(1)} % of a step in sums, ${(bytes / 1e6).toFixed(2)} MB each`,
  );
  const seconds = batch / speed(one);
  console.log(`  a machine's step of ${batch} images: ${(1000 * seconds).toFixed(1)} ms`);
  for (const network of networks) {
    const row = [2, 4, 8, 16, 32, 64].map((nodes) => {
      const efficiency = seconds / (seconds + secondsInSums(nodes, bytes, network));
      return `${nodes}: ${(100 * efficiency).toFixed(0)} %`;
    });
    console.log(`  ${network.name}: ${row.join('  ')}`);
  }
}
