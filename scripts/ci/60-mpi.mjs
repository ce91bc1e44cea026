// needs: openmpi-bin iproute2
// Training on several processes with the real Open MPI: what N processes learn is what one learns, and the same again; a killed one ends the job, which goes on
// with another number of processes; two network namespaces, so that gradients cross a network; and what is said when something is missing.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damages } from '../lib/crash.mjs';
import { jsonLines } from '../lib/events.mjs';
import { provide as providePackages } from '../lib/hooks.mjs';
import { counting } from '../lib/packages/checks.mjs';
import { run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
// It reads files with the built package.
const { addresses, binary, descendants, difference, execute, losses, mpirun, rankOf, twoHosts } =
  await import('../lib/mpi.mjs');

const { check, finish } = counting();
if ((await providePackages(['openmpi-bin', 'iproute2'])).size > 0) {
  check('Open MPI is there', false);
  finish();
}
const work = mkdtempSync(join(tmpdir(), 'capsnet-mpi-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

// 330 - 27 held out = 25 * 12 + 3: the last batch of an epoch leaves one of four processes without an image. The rate is that of Adam's recipe divided by 5: at the
// full rate the rounding of two orders of adding grows to 3e-4 in 50 steps, here to 2e-5.
const batch = 12;
const task = [
  ...['--dataset', 'digits', '--limit-train', '330', '--limit-test', '50', '--epochs', '2', '--seed', '3'],
  ...[
    '--lr',
    '1e-4',
    '--threads',
    '1',
    '--clip',
    '5',
    '--ema',
    '0.9',
    '--augment',
    '--sync-batch-norm',
    '--json',
  ],
];
const together = (/** @type {number} */ size) => [
  ...['train', ...task, '--distributed', 'mpi', '--batch-size', `${batch / size}`],
];
const folder = (/** @type {string} */ name) => join(work, name);
/** The last event of a training that succeeded. @param {import('../lib/mpi.mjs').Ended} ended @returns {any} */
const done = ({ stdout }) => jsonLines(stdout).find(({ event }) => event === 'done') ?? {};

const alone = await execute(process.execPath, [
  ...[binary, 'train', ...task, '--batch-size', `${batch}`, '--out', folder('alone')],
]);
check('one process learns', alone.code === 0, alone.code === 0 ? '' : alone.stderr);
const wanted = await losses(folder('alone'));

for (const size of [2, 3, 4]) {
  const name = `${size}`;
  const ended = await mpirun(size, [...together(size), '--out', folder(name)]);
  check(
    `${size} processes end well`,
    ended.code === 0,
    ended.code === 0 ? `${ended.seconds.toFixed(1)} s` : ended.stderr,
  );
  if (ended.code !== 0) continue;
  const worst = difference(wanted, await losses(folder(name)));
  check(`${size} processes follow one: losses of 50 steps within 1e-4`, worst < 1e-4, worst.toExponential(1));
  // Each process puts its own hash into the comparison; the run would have failed.
  check(
    `${size} processes hold the same parameters`,
    /^[0-9a-f]{64}$/.test(done(ended).replicas),
    done(ended).replicas,
  );
}

const again = await mpirun(2, [...together(2), '--out', folder('again')]);
const same = ['best.safetensors', 'last.safetensors'].every((file) =>
  readFileSync(join(folder('again'), file)).equals(readFileSync(join(folder('2'), file))),
);
check(
  'the same again gives the same bits',
  again.code === 0 && same && `${await losses(folder('again'))}` === `${await losses(folder('2'))}`,
);

/**
 * Trains, and sends a signal to one process in the second epoch, when there is something to lose.
 * @param {number} size @param {string} out @param {number} rank @param {NodeJS.Signals} signal
 */
async function signalled(size, out, rank, signal) {
  let at = 0;
  /** @type {number[]} */
  let processes = [];
  const ended = await mpirun(size, [...together(size), '--save-every', '3', '--out', out], {
    onStart(pid) {
      const timer = setInterval(() => {
        // Written at the end of the first epoch.
        if (!existsSync(join(out, 'metrics.jsonl'))) return;
        clearInterval(timer);
        processes = descendants(pid);
        const victim = processes.find((each) => rankOf(each) === rank);
        at = performance.now();
        if (victim !== undefined) process.kill(victim, signal);
      }, 20);
      timer.unref();
    },
  });
  return { ended, processes, at };
}

// A killed process.
{
  const out = folder('killed');
  const { ended, processes, at } = await signalled(2, out, 1, 'SIGKILL');
  const seconds = (performance.now() - at) / 1000;
  check(
    'a killed process ends the job within 10 s',
    ended.code !== 0 && at > 0 && seconds < 10,
    `${seconds.toFixed(1)} s`,
  );
  check('which is told with the rank and the signal', /rank 1 .*exited on signal 9/s.test(ended.stderr));
  check('and how to go on was told', ended.stderr.includes(`--resume ${out} --distributed mpi`));
  const alive = () => processes.filter((pid) => existsSync(`/proc/${pid}`));
  while (alive().length > 0 && performance.now() - at < 10_000)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const left = alive();
  check('no process is left', left.length === 0, left.join(', '));
  check('every file is whole', damages(out).length === 0, damages(out).join('; '));

  const resumed = await mpirun(3, ['train', '--resume', out, '--distributed', 'mpi', '--json']);
  check('three processes go on', resumed.code === 0, resumed.code === 0 ? '' : resumed.stderr);
  check(
    'and say what changed',
    /began on 2 processes and goes on with 3 processes\. A batch still has 12 images/.test(resumed.stderr),
  );
  const worst = difference(wanted, await losses(out));
  check('to the same losses', worst < 1e-4, worst.toExponential(1));
}

// Process 0, the only one that writes.
{
  const out = folder('leaderless');
  const { ended, at } = await signalled(2, out, 0, 'SIGKILL');
  const seconds = (performance.now() - at) / 1000;
  check(
    'process 0 that is killed ends the job within 10 s',
    ended.code !== 0 && at > 0 && seconds < 10,
    `${seconds.toFixed(1)} s`,
  );
  check('and no file is harmed', damages(out).length === 0, damages(out).join('; '));
}

// A process that is asked to stop, by a queue say, stops all after one step; one process, without MPI, goes on.
{
  const out = folder('stopped');
  const { ended } = await signalled(3, out, 2, 'SIGTERM');
  check(
    'a process that is asked to stop stops all',
    ended.code === 130 && /stopped in epoch 2 of 2 after \d+ steps/.test(ended.stderr),
    ended.stderr.trim().split('\n').at(-1),
  );
  const resumed = await execute(process.execPath, [binary, 'train', '--resume', out, '--json'], {
    env: { CAPSNET_MPI: 'libnothing.so' },
  });
  check(
    'one process without MPI goes on with what three began',
    resumed.code === 0 && /began on 3 processes and goes on with 1 process\./.test(resumed.stderr),
    resumed.stderr.split('\n')[0],
  );
  const worst = difference(wanted, await losses(out));
  check('to the same losses', worst < 1e-4, worst.toExponential(1));
}

// Two network namespaces: the only way between the two processes is TCP over a virtual cable.
{
  const out = folder('network');
  const { agent, inside, remove } = await twoHosts(work);
  try {
    const [program = '', ...before] = inside(0);
    const network = `${addresses[0]}/24`;
    const ended = await execute(program, [
      ...[...before, 'mpirun', '-n', '2', '--host', addresses.map((address) => `${address}:1`).join(',')],
      ...[
        '--mca',
        'plm_rsh_agent',
        agent,
        '--mca',
        'btl',
        'tcp,self',
        '--mca',
        'btl_tcp_if_include',
        network,
      ],
      ...['--mca', 'oob_tcp_if_include', network, process.execPath, binary, ...together(2), '--out', out],
    ]);
    check(
      'two hosts end well',
      ended.code === 0,
      ended.code === 0 ? `${ended.seconds.toFixed(1)} s` : ended.stderr,
    );
    check(
      'they are two hosts',
      /2 processes \(Open MPI[^;]*; 1 on this machine\)/.test(ended.stderr),
      ended.stderr.split('\n')[1],
    );
    const worst = difference(wanted, await losses(out));
    check('two hosts follow one process', worst < 1e-4, worst.toExponential(1));
    const [cat = '', ...where] = inside(1);
    const counters = await run(cat, [...where, 'sh', '-c', 'cat /sys/class/net/cn*/statistics/rx_bytes'], {
      quiet: true,
    });
    const sums = jsonLines(ended.stdout).reduce((total, { sumsBytes = 0 }) => total + sumsBytes, 0);
    const received = Number(counters.output.trim().split('\n').at(-1));
    check(
      'the gradients went over the network',
      sums > 1e8 && received > sums / 2,
      `${received} bytes received, ${sums} to add up`,
    );
  } finally {
    await remove();
  }
}

// What is missing is told, once, and everything else works.
{
  const wrong = await mpirun(3, [
    'train',
    '--distributed',
    'mpi',
    '--model',
    'cnn',
    '--routing-iterations',
    '2',
    '--limit-train',
    '60',
    '--out',
    folder('wrong'),
  ]);
  const sentences = wrong.stderr.split('\n').filter((line) => line.startsWith('capsnet: '));
  check(
    'a mistake is told once',
    wrong.code === 2 && sentences.length === 1 && /does not route/.test(`${sentences[0]}`),
    sentences.join(' | '),
  );
  const plain = await execute(process.execPath, [
    binary,
    'train',
    '--distributed',
    'mpi',
    '--out',
    folder('wrong'),
  ]);
  check(
    'without mpirun it says how to start',
    plain.code === 2 && plain.stderr.includes('mpirun -n 2 --bind-to none capsnet train'),
    plain.stderr.trim(),
  );
  const hook = join(work, 'without-koffi.mjs');
  const resolve = `export async function resolve(name, context, next) {
  if (name === 'koffi') throw Object.assign(new Error("Cannot find package 'koffi'"), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
}`;
  const source = JSON.stringify(`data:text/javascript,${encodeURIComponent(resolve)}`);
  writeFileSync(hook, `import { register } from 'node:module';\nregister(${source});\n`);
  const [asked, other] = [['--distributed', 'mpi'], []].map((how) =>
    execute(process.execPath, [
      '--import',
      hook,
      binary,
      'train',
      ...how,
      '--limit-train',
      '40',
      '--limit-test',
      '20',
      '--epochs',
      '1',
      '--out',
      folder('koffi'),
    ]),
  );
  const [missing, without] = [await asked, await other];
  check(
    'without koffi it says what to install',
    missing?.code === 2 && /npm install koffi/.test(missing.stderr),
    missing?.stderr.trim(),
  );
  check('without koffi one process trains', without?.code === 0, without?.code === 0 ? '' : without?.stderr);
}
finish();
