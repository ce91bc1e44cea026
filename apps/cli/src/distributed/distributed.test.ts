/** What a job is made of, without MPI: the real one runs in `scripts/ci/60-mpi.mjs`. */
import { tensor } from '@capsnet/tensor';
import { describe, expect, it } from 'vitest';
import { capsnet } from '../e2e/cli.js';
import { resolveSettings } from '../settings/settings.js';
import { dialectOf, libraryNames } from './dialects.js';
import { createJob, threadShare, type Job } from './job.js';
import type { MpiCommunicator } from './mpi.js';
import { checkReplicas } from './replicas.js';
import { engineOfJob, settingsOfJob, tellChange } from './settings.js';

/** A job of `size` processes of which this is one; all others put the same as this one into every sum, but for what `others` change. */
const jobOf = (size: number, rank = 0, others = (sums: Float32Array): unknown => sums): Job => {
  const communicator: MpiCommunicator = {
    rank,
    size,
    library: 'none',
    allReduce(values, sums) {
      // The rows of the other processes, as if they had the same.
      for (let row = 0; row < size; row++) sums.set(values.subarray(32 * rank, 32 * (rank + 1)), 32 * row);
      others(sums);
      return () => undefined;
    },
    broadcast: () => Promise.resolve(),
    barrier: () => Promise.resolve(),
    abort: () => undefined,
    finish: () => undefined,
  };
  return createJob(communicator);
};

describe('settings of a job', () => {
  it('the batch is that of all processes, as typed for each or as a run has recorded it', () => {
    const job = jobOf(3);
    const typed = resolveSettings({ batchSize: 8, out: 'x' });
    expect(settingsOfJob(typed, job).batchSize).toBe(24);
    expect(settingsOfJob({ ...typed, wholeBatch: true }, job).batchSize).toBe(8);
    expect(() => settingsOfJob({ ...typed, batchSize: 2, wholeBatch: true }, job)).toThrow(
      '3 processes for the 2 images of a batch leave some without any. Start at most 2.',
    );
  });

  it('each computes on its share of the processors, and never on a graphics processor', () => {
    const job = { sharing: 2 };
    expect(engineOfJob({ backend: 'auto', threads: 5 }, job)).toEqual({ backend: 'wasm', threads: 5 });
    expect(engineOfJob({ backend: 'reference' }, job)).toEqual({ backend: 'reference', threads: 1 });
    expect(() => engineOfJob({ backend: 'gpu:webgpu' }, job)).toThrow('Take --backend wasm');
    expect(threadShare(2, 8)).toBe(4);
    expect(threadShare(3, 2)).toBe(1);
    // Bound by the launcher: these are its own.
    expect(threadShare(1, 2)).toBe(2);
    expect(jobOf(3)).toMatchObject({ neighbours: 3, sharing: 3 });
    // The others are on this machine, and one of them is bound to other processors.
    let rounds = 0;
    const bound = jobOf(3, 0, (sums) => rounds++ === 1 && (sums[32 * 2]! += 1));
    expect(bound).toMatchObject({ neighbours: 3, sharing: 2 });
  });
});

describe('replicas', () => {
  const replica = { parameters: { a: tensor([1, 2]) }, state: { b: tensor([3]) } };

  it('that are alike give their hash', async () => {
    expect(await checkReplicas(jobOf(3, 1), replica)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that differ end the run, naming the process', async () => {
    const spoiled = jobOf(3, 0, (sums) => (sums[32 * 2 + 5]! += 1));
    await expect(checkReplicas(spoiled, replica)).rejects.toThrow(
      'the parameters of process 2 are not those of process 0',
    );
  });
});

describe('the library', () => {
  it('is looked for in the order of the launcher', () => {
    expect(libraryNames({})[0]).toBe('libmpi.so.40');
    expect(libraryNames({ PMI_SIZE: '2' })[0]).toBe('libmpich.so.12');
    expect(libraryNames({ OMPI_COMM_WORLD_SIZE: '2', PMI_SIZE: '2' })[0]).toBe('libmpi.so.40');
    expect(libraryNames({ CAPSNET_MPI: '/opt/mpi.so' })).toEqual(['/opt/mpi.so']);
  });

  it('is told by what it exports', () => {
    const exporting = (names: readonly string[]) =>
      dialectOf({
        symbol(name: string) {
          if (!names.includes(name)) throw new Error('no such symbol');
          return name;
        },
      } as never);
    expect(exporting([])).toBeUndefined();
    expect(exporting(['MPI_Iallreduce'])?.handle).toBe('int');
    expect(exporting(['MPI_Iallreduce', 'ompi_mpi_comm_world'])).toMatchObject({
      name: 'Open MPI',
      world: 'ompi_mpi_comm_world',
    });
  });

  it('is asked for in words when it is missing', async () => {
    const { code, stderr } = await capsnet(['train', '--distributed', 'mpi', '--limit-train', '50'], {
      env: { CAPSNET_MPI: 'libnothing.so.1' },
    });
    expect(stderr).toBe(
      'capsnet: --distributed mpi: no MPI library was found (libnothing.so.1). Install one, on Debian and Ubuntu: apt-get install openmpi-bin; or name its file in CAPSNET_MPI.\n',
    );
    expect(code).toBe(2);
  });
});

it.each([
  [1, undefined, /^$/],
  [2, undefined, /began on 1 process and goes on with 2 processes\. A batch still has 16 images; batch norm/],
  [2, true, /it goes on as it would have, up to rounding/],
])(
  'a run that goes on with %s process(es), synchronised %s, says what changed',
  (size, syncBatchNorm, said) => {
    const notes: string[] = [];
    const settings = resolveSettings({
      batchSize: 16,
      out: 'x',
      ...(syncBatchNorm ? { syncBatchNorm } : {}),
    });
    tellChange(settings, 1, size, { note: (line) => notes.push(line) });
    expect(notes.join('\n')).toMatch(said);
  },
);
