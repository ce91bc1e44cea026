// A sweep in the queue of a real Slurm (one node, on this machine): four runs of which one fails, told and tried again alone; one that is cancelled from outside;
// a sweep that is killed and finds its jobs again; one that is stopped.
// needs: slurm-wlm, munge
// runs beside others: it waits for the queue for most of its time.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLines } from '../lib/events.mjs';
import { provide } from '../lib/hooks.mjs';
import { writeLetters } from '../lib/own-images.mjs';
import { counting } from '../lib/packages/checks.mjs';
import { root, run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';
import { startSlurm } from '../lib/slurm.mjs';

await setup();
const { check, finish } = counting();
const missing = await provide(['slurm-wlm', 'munge']);
if (missing.size > 0) {
  check('Slurm is installed', false, [...missing]);
  finish();
}
const folder = mkdtempSync(join(tmpdir(), 'capsnet-slurm-'));
const cluster = mkdtempSync(join(tmpdir(), 'capsnet-slurm-cluster-'));
const at = (/** @type {string} */ name) => join(folder, name);
const binary = join(root, 'apps', 'cli', 'bin', 'capsnet.js');
const small = { dataset: 'digits', limitTrain: 160, limitTest: 100, epochs: 1, decoder: false };

/** @param {string} name @param {unknown} content */
const write = (name, content) => writeFileSync(at(`${name}.json`), JSON.stringify(content));
const argsOf = (/** @type {string} */ name) => [
  ...['sweep', at(`${name}.json`), '--out', at(name), '--launcher', 'slurm', '--json'],
];
/** Submissions of a sweep, in the order in which they were made. @param {string} name @returns {{ job: string, names: string[] }[]} */
function submissions(name) {
  const place = join(at(name), 'slurm');
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .map((array) => join(place, array, 'submission.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')))
    .sort((a, b) => Number(a.job) - Number(b.job));
}
/** Whether a training of a sweep runs. @param {string} name */
const atWork = (name) =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${at(name)}/`);
    } catch {
      return false; // It has just ended.
    }
  });
/** Waits until it is so, or two minutes are over. @param {() => boolean} holds */
async function until(holds) {
  for (let tries = 0; tries < 480 && !holds(); tries++) await pause(250);
}
const pause = (/** @type {number} */ milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

const slurm = await startSlurm(cluster).catch((/** @type {Error} */ error) => error);
if (slurm instanceof Error) {
  check('Slurm starts', false, slurm.message);
  finish();
  process.exit(1);
}
const { env, stop } = slurm;
/** @param {string} name @param {readonly string[]} more */
async function sweep(name, ...more) {
  const { code, output } = await run(process.execPath, [binary, ...argsOf(name), ...more], {
    quiet: true,
    env,
  });
  const events = jsonLines(output);
  return { code, output, done: events.find(({ event }) => event === 'done') };
}

/** @type {import('node:child_process').ChildProcess[]} */
const sweeps = [];
/** Begins a sweep, and waits until its first epoch is written or so many seconds are over. @param {string} name */
async function begun(name) {
  const child = spawn(process.execPath, [binary, ...argsOf(name)], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  sweeps.push(child);
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const trained = () =>
    existsSync(at(name)) &&
    readdirSync(at(name)).some((one) => existsSync(join(at(name), one, 'last', 'checkpoint.safetensors')));
  await until(trained);
  return { child, ended, told: () => told };
}

try {
  // Four runs; the pictures of one are not there yet.
  const letters = at('letters');
  const other = { dataset: 'folder', dataDir: letters };
  write('four', { base: small, list: [{ lr: 0.001 }, { lr: 0.002 }, { seed: 2 }, { ...other, seed: 3 }] });
  const first = await sweep('four');
  const ranked = first.done?.ranking?.length;
  check(
    'three of four runs come to their end, in the order of their results',
    ranked === 3,
    ranked ?? first.output,
  );
  const [failed] = first.done?.failed ?? [];
  check(
    'the run that fails is told with its reason, and how to try again',
    first.code === 1 &&
      /letters/.test(failed?.reason ?? '') &&
      /Once more what failed, and only that: capsnet sweep/.test(first.output),
    failed?.reason,
  );
  const [array] = submissions('four');
  check('they were one job array', submissions('four').length === 1 && array?.names.length === 4, array?.job);

  writeLetters(letters, { classes: 2, count: 20 });
  const second = await sweep('four');
  check(
    'tried again it succeeds',
    second.code === 0 && second.done?.ranking?.length === 4,
    second.done ? '' : second.output,
  );
  const retried = submissions('four').at(-1)?.names;
  check(
    'and was the only one that was submitted',
    retried?.length === 1 && retried[0] === failed?.name,
    retried,
  );

  // A long one, ended from outside, is told with what Slurm says, and goes on.
  write('long', { base: { ...small, epochs: 400 }, list: [{ seed: 5 }] });
  const killed = await begun('long');
  killed.child.kill('SIGKILL');
  await killed.ended;
  const [{ job } = { job: '' }] = submissions('long');
  const states = await run('squeue', ['--noheader', '--format=%T', '--jobs', job], { quiet: true, env });
  check('a run goes on when its sweep is killed', states.output.trim() === 'RUNNING', states.output);
  const again = await begun('long');
  await until(() => /followed/.test(again.told()));
  check(
    'the next sweep follows it',
    /in the queue already/.test(again.told()) && submissions('long').length === 1,
  );
  await run('scancel', ['--signal=KILL', '--full', job], { quiet: true, env });
  const code = await again.ended;
  check(
    'one that is ended from outside is told',
    code === 1 && /1 of 1 run failed/.test(again.told()),
    /^failed: .*/m.exec(again.told())?.[0] ?? again.told(),
  );

  // It goes on where it was, and Ctrl-C lets it keep its state. First Slurm has to have ended what the script had started, too: it holds the folder.
  await until(() => !atWork('long'));
  const stopped = await begun('long');
  await until(() => submissions('long').length === 2);
  await pause(2000);
  stopped.child.kill('SIGINT');
  const stopCode = await stopped.ended;
  const left = await run('squeue', ['--noheader', '--format=%T'], { quiet: true, env });
  check(
    'Ctrl-C stops what is in the queue',
    stopCode === 130 && left.output.trim() === '',
    `${stopCode} ${left.output} ${stopped.told()}`,
  );
  const [name = ''] = readdirSync(at('long')).filter((one) => one !== 'slurm');
  const log = join(at('long'), name, 'metrics.jsonl');
  check(
    'with its state kept',
    existsSync(join(at('long'), name, 'last', 'checkpoint.safetensors')),
    existsSync(log),
  );

  const refused = await sweep('long', '--sbatch', '--partition=nowhere');
  const [{ reason = '' } = {}] = refused.done?.failed ?? [];
  check('what sbatch refuses is told', refused.code === 1 && /partition/.test(reason), reason);
} catch (error) {
  check('the check came to its end', false, error instanceof Error ? error.stack : error);
} finally {
  for (const child of sweeps) child.kill('SIGKILL');
  await run('scancel', ['--full', '--user=root'], { quiet: true, env });
  await stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(cluster, { recursive: true, force: true });
}
finish();
