// `kill -9` of a training at 36 moments and more: at its start, in its steps, in the middle of writing a checkpoint, between the two renames of one, between
// the last step of an epoch and its test, in the test, around the metrics, in the last test. After each, every file is whole and `--resume` goes on, on another
// number of threads and with checkpoints at other steps; in the end weights, state, metrics and result are those of a run that nobody killed.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capsnet, damages, epochsKept, metrics, numbers, outcome, remains } from '../lib/crash.mjs';
import { run } from '../lib/process.mjs';

const seed = 20_171_026;
const timesEach = 4;
/** Processes after which something is wrong: the moments do not come. */
const most = 120;
const epochs = 3;

// The last batch of an epoch is smaller in both: 150 - 12 held out = 8 * 16 + 10, and 150 = 12 * 12 + 6.
const common = [
  '--dataset',
  'digits',
  '--limit-train',
  '150',
  '--limit-test',
  '200',
  '--epochs',
  `${epochs}`,
];
const tasks = {
  'averaged weights, held-out images': [
    ...['--seed', '3', '--ema', '0.9', '--schedule', 'cosine', '--warmup', '0.5', '--clip', '5', '--augment'],
  ],
  'the protocol of the reference': [
    '--seed',
    '4',
    '--select',
    'test',
    '--batch-size',
    '12',
    '--early-stop',
    '2',
  ],
};

/** @type {import('../lib/crash.mjs').Moment[]} */
const moments = [
  { name: 'at the start', sees: undefined, within: 1500 },
  { name: 'at any time', sees: undefined, within: 6000 },
  { name: 'as a checkpoint begins', sees: /^last\/\.checkpoint.*tmp$/, within: 0 },
  { name: 'while a checkpoint is written', sees: /^last\/\.checkpoint.*tmp$/, within: 25 },
  { name: 'between the renames of a checkpoint', sees: /^last\/previous/, within: 0 },
  { name: 'in a step', sees: /^last\/checkpoint\.safetensors$/, within: 120 },
  { name: 'between the last step and the test', sees: /^last\.safetensors$/, within: 3 },
  { name: 'in the test', sees: /^last\.safetensors$/, from: 3, within: 150 },
  { name: 'between metrics and checkpoint', sees: /^metrics\.jsonl$/, within: 8 },
  // The state of the last epoch is there: what follows is the last test.
  { name: 'in the last test', sees: /^last\/checkpoint\.safetensors$/, within: 80 },
];

let passed = 0;
let failed = 0;
const check = (/** @type {boolean} */ good, /** @type {string} */ what) => {
  if (good) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED: ${what}`);
  }
};

if ((await run('npm', ['run', '-s', 'build'], { quiet: true })).code !== 0) {
  console.log('the build failed\n0 passed, 1 failed');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'capsnet-crash-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** @type {Record<string, Record<string, string>>} */
const whole = {};
for (const [name, task] of Object.entries(tasks)) {
  const out = join(folder, `whole-${Object.keys(whole).length}`);
  const result = await capsnet(
    ['train', ...common, ...task, '--threads', '1', '--out', out, '--json'],
    out,
    undefined,
  );
  if (result.code !== 0) {
    console.log(`${result.stderr}\n${passed} passed, ${failed + 1} failed`);
    process.exit(1);
  }
  whole[name] = outcome(out, result.stdout);
}

const random = numbers(seed);
const pick = (/** @type {string[]} */ from) =>
  /** @type {string} */ (from[Math.floor(random() * from.length)]);
// Every kind of moment as often, in an order drawn by the seed.
const queue = moments.flatMap((moment) =>
  Array.from({ length: timesEach }, () => ({ moment, order: random() })),
);
queue.sort((one, other) => one.order - other.order);
/** @type {Record<string, number>} */
const hits = Object.fromEntries(moments.map(({ name }) => [name, 0]));
const seen = { halfWritten: 0, withoutCurrent: 0, beforeTest: 0, afterMetrics: 0, lastTest: 0 };

let kills = 0;
let processes = 0;
let runs = 0;
/** Runs, one after the other, as long as there are moments to come. */
async function lane() {
  while (queue.length > 0 && processes < most) await killAndResume(runs++);
}

/** @param {number} number of the run, which decides its task */
async function killAndResume(number) {
  const name = /** @type {string} */ (Object.keys(tasks)[number % 2]);
  const task = tasks[/** @type {keyof typeof tasks} */ (name)];
  const out = join(folder, `run-${number}`);
  const sittings = [];
  for (;;) {
    const started = existsSync(join(out, 'config.json'));
    const how = ['--threads', pick(['1', '2', '3']), '--save-every', pick(['1', '2', '5', '1000'])];
    const args = started ? ['train', '--resume', out] : ['train', ...common, ...task, '--out', out];
    // The last test comes when all epochs are done: one that waits for it goes first then.
    const atEnd = existsSync(out) && metrics(out).length >= epochs - 1;
    const next = queue.findIndex(({ moment }) => (moment.name === 'in the last test') === atEnd);
    // Out of the queue for as long as the process runs: nobody else waits for it then.
    const [planned] = queue.splice(Math.max(next, 0), 1);
    if (planned && planned.moment.name === 'in the last test' && atEnd) how[3] = '1000';
    const kill = planned && processes < most ? { moment: planned.moment, random } : undefined;
    processes += 1;
    const result = await capsnet([...args, ...how, '--json'], out, kill);
    sittings.push(`${planned?.moment.name ?? 'to its end'}: ${result.last}`);
    if (!result.killed) {
      if (planned) queue.push(planned);
      check(result.code === 0, `run ${number} ended with ${result.code}: ${result.stderr}`);
      if (result.code !== 0) break;
      const reached = outcome(out, result.stdout);
      for (const [part, value] of Object.entries(whole[name] ?? {}))
        check(
          reached[part] === value,
          `run ${number} (${name}): ${part} differs after ${sittings.join(', ')}`,
        );
      check(remains(out).length === 0, `run ${number}: ${remains(out).join(', ')} left behind`);
      break;
    }
    kills += 1;
    if (planned) hits[planned.moment.name] = (hits[planned.moment.name] ?? 0) + 1;
    const broken = damages(out);
    check(broken.length === 0, `kill ${kills} (${sittings.at(-1)}): ${broken.join('; ')}`);
    if (remains(out).some((file) => file.startsWith('last'))) seen.halfWritten += 1;
    if (
      existsSync(join(out, 'last/previous.safetensors')) &&
      !existsSync(join(out, 'last/checkpoint.safetensors'))
    )
      seen.withoutCurrent += 1;
    if (/^(last\.safetensors|\.best)/.test(result.last)) seen.beforeTest += 1;
    if (/^metrics/.test(result.last)) seen.afterMetrics += 1;
    if (epochsKept(out) === epochs && !existsSync(join(out, 'result.json'))) seen.lastTest += 1;
  }
  rmSync(out, { recursive: true, force: true });
}
// Two at once: most of a process's life is its start, on one core.
await Promise.all([lane(), lane()]);

for (const [name, count] of Object.entries(hits)) console.log(`killed ${name}: ${count}`);
console.log(
  `seen: ${seen.halfWritten} checkpoints half written, ${seen.withoutCurrent} without their new name, ${seen.beforeTest} epochs between last step and result, ` +
    `${seen.afterMetrics} between metrics and checkpoint, ${seen.lastTest} in the last test`,
);
check(kills >= 36 && queue.length === 0, `${kills} kills, ${queue.length} planned ones never came`);
check(seen.halfWritten >= 3, `a checkpoint was half written at ${seen.halfWritten} kills, 3 wanted`);
check(
  seen.beforeTest >= 3,
  `${seen.beforeTest} kills between the last step of an epoch and its result, 3 wanted`,
);
check(seen.lastTest >= 1, `${seen.lastTest} kills in the last test, 1 wanted`);
console.log(`${kills} kills in ${processes} processes`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
