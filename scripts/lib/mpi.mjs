// Starting `capsnet` on several processes as a user does, with Open MPI.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './process.mjs';

export const binary = join(root, 'apps', 'cli', 'bin', 'capsnet.js');

/** Open MPI allows root only when it is asked twice. More processes than processors are what is tested here. */
const environment = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
};

/** @typedef {{ code: number, stdout: string, stderr: string, seconds: number }} Ended */

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, onStart?: (pid: number) => void }} [options]
 * @returns {Promise<Ended>}
 */
export function execute(program, args, { env = {}, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, {
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    if (child.pid !== undefined) onStart?.(child.pid);
    child.on('close', (code) =>
      resolve({ code: code ?? 1, stdout, stderr, seconds: (performance.now() - start) / 1000 }),
    );
  });
}

/** `capsnet` with these arguments on `size` processes. @param {number} size @param {string[]} args @param {Parameters<typeof execute>[2]} [options] */
export const mpirun = (size, args, options) =>
  execute('mpirun', ['-n', `${size}`, process.execPath, binary, ...args], options);

/** The loss of each step of a run, from its event file. @param {string} folder @returns {Promise<number[]>} */
export async function losses(folder) {
  // Built, and so only when it is needed; the types are those of the sources.
  /** @type {typeof import('../../apps/cli/src/tensorboard/events.js')} */
  const { readEvents } = await import(
    new URL('../../apps/cli/dist/tensorboard/events.js', import.meta.url).href
  );
  const name = readdirSync(folder).find((file) => file.startsWith('events.out.tfevents.'));
  return readEvents(readFileSync(join(folder, `${name}`))).flatMap(({ scalars }) => {
    const loss = scalars.get('batches/loss');
    return loss === undefined ? [] : [loss];
  });
}

/** The largest relative difference of the first 50 losses; NaN when there are fewer. @param {number[]} one @param {number[]} other */
export const difference = (one, other) =>
  Math.max(
    ...Array.from({ length: 50 }, (_, step) => {
      const [a = NaN, b = NaN] = [one[step], other[step]];
      return Math.abs(a - b) / Math.abs(a);
    }),
  );

/** Processes that a process has started, and those that they have. @param {number} pid @returns {number[]} */
export function descendants(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

/** The rank of a process of a job. @param {number} pid @returns {number | undefined} */
export function rankOf(pid) {
  try {
    const found = /(?:^|\0)OMPI_COMM_WORLD_RANK=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** Addresses of the two hosts that `twoHosts` makes. */
export const addresses = ['10.87.0.1', '10.87.0.2'];

/**
 * Two network namespaces with a cable between them and a name each: two hosts, for all that MPI can see. Programs get into the other one by a script in the place of ssh.
 *
 * @param {string} folder for the script
 * @returns {Promise<{ agent: string, inside: (host: number) => string[], remove: () => Promise<void> }>} `inside`: what to put before a command to run it on a host
 */
export async function twoHosts(folder) {
  const names = [0, 1].map((host) => `capsnet-${process.pid}-${host}`);
  const cables = [0, 1].map((host) => `cn${process.pid % 100_000}-${host}`);
  const remove = async () => {
    for (const name of names) await run('ip', ['netns', 'del', name], { quiet: true });
  };
  const ip = async (/** @type {string} */ command) => {
    const { code, output } = await run('ip', command.split(' '), { quiet: true });
    if (code !== 0) throw new Error(`ip ${command}: ${output}`);
  };
  try {
    for (const name of names) await ip(`netns add ${name}`);
    await ip(`link add ${cables[0]} netns ${names[0]} type veth peer name ${cables[1]} netns ${names[1]}`);
    for (const [host, name] of names.entries()) {
      await ip(`-n ${name} addr add ${addresses[host]}/24 dev ${cables[host]}`);
      await ip(`-n ${name} link set ${cables[host]} up`);
      await ip(`-n ${name} link set lo up`);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const inside = (/** @type {number} */ host) => [
    ...['ip', 'netns', 'exec', `${names[host]}`, 'unshare', '--uts', 'sh', '-c'],
    `hostname host${host} && exec "$@"`,
    'sh',
  ];
  // mpirun calls it with an address and a command line for a shell.
  const agent = join(folder, 'agent.sh');
  const lines = addresses.map((address, host) => {
    const quoted = inside(host).map((word) => `'${word}'`);
    return `[ "$address" = ${address} ] && exec ${quoted.join(' ')} sh -c "$*"`;
  });
  writeFileSync(agent, `#!/bin/sh\naddress=$1; shift\n${lines.join('\n')}\nexit 1\n`);
  chmodSync(agent, 0o755);
  return { agent, inside, remove };
}
