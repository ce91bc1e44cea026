// A Slurm of one node on this machine, for a check: its own munge, controller and node daemon, all in a folder of its own, on loopback, without accounts.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { run } from './process.mjs';

/** A port that nobody listens on. @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** @param {string} folder @param {string} node @param {string} socket */
async function configuration(folder, node, socket) {
  const [controllerPort, nodePort] = [await freePort(), await freePort()];
  return `ClusterName=capsnet
SlurmctldHost=${node}(127.0.0.1)
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
AuthType=auth/munge
AuthInfo=socket=${socket}
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
ReturnToService=2
KillWait=5
NodeName=${node} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

/**
 * Starts it; its programs find it through the variables of `env`.
 * @param {string} folder empty, owned by this user
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => Promise<void> }>}
 */
export async function startSlurm(folder) {
  chmodSync(folder, 0o755);
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  const node = hostname().split('.')[0] ?? 'localhost';
  const [socket, key] = [join(folder, 'munge.socket'), join(folder, 'munge.key')];
  writeFileSync(key, randomBytes(128), { mode: 0o400 });
  const file = join(folder, 'slurm.conf');
  writeFileSync(file, await configuration(folder, node, socket));
  const env = { ...process.env, SLURM_CONF: file };
  /** @type {{ child: import('node:child_process').ChildProcess, log: string }[]} */
  const started = [];
  const start = (/** @type {string} */ program, /** @type {string[]} */ ...args) => {
    const one = { child: spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }), log: '' };
    for (const stream of [one.child.stdout, one.child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (one.log = (one.log + text).slice(-3000)));
    one.child.on('error', (error) => (one.log += error.message));
    started.push(one);
  };
  const until = async (/** @type {() => Promise<boolean>} */ ready, /** @type {string} */ what) => {
    for (let tries = 0; !(await ready()); tries++) {
      if (tries > 120) throw new Error(`${what}:\n${started.map(({ log }) => log).join('\n---\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const answers = async (
    /** @type {string} */ program,
    /** @type {string[]} */ args,
    /** @type {RegExp} */ wanted,
  ) => wanted.test((await run(program, args, { quiet: true, env })).output);
  const stop = async () => {
    // The node before the controller, both before what they sign with.
    for (const { child } of started.reverse()) {
      if (child.exitCode !== null || child.pid === undefined) continue;
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(forced);
    }
  };
  try {
    start(
      'munged',
      ...['--foreground', `--socket=${socket}`, `--key-file=${key}`, `--pid-file=${folder}/munged.pid`],
      ...[`--seed-file=${folder}/munged.seed`, `--log-file=${folder}/munged.log`, '--force'],
    );
    await until(
      () => answers('munge', [`--socket=${socket}`, '--no-input'], /^MUNGE:/),
      'munge does not sign',
    );
    start('slurmctld', '-D', '-f', file);
    start('slurmd', '-D', '-f', file);
    await until(
      () => answers('sinfo', ['--noheader', '--format=%T'], /^idle/m),
      'the node does not become idle',
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, stop };
}
