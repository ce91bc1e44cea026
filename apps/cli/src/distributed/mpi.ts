/**
 * A communicator on the MPI library of the machine, found at run time and called through koffi, which is an optional dependency. All calls come from the main
 * thread. Nobody who trains alone pays for any of it.
 */
import type { Communicator, Lane } from '@capsnet/capsules';
import type * as Koffi from 'koffi';
import { UserError } from '../errors.js';
import { dialectOf, libraryNames, type Dialect } from './dialects.js';

export interface MpiCommunicator extends Communicator {
  /** The library, in its own words. */
  readonly library: string;
  /** Ends all processes of the job at once. */
  abort(code: number): void;
  /** Leaves the group, together with all others; nothing may follow. */
  finish(): void;
}

/** Processes that the launcher says there are; undefined when it is none that we know. */
const launchedSize = (env: NodeJS.ProcessEnv): string | undefined =>
  env['OMPI_COMM_WORLD_SIZE'] ?? env['PMI_SIZE'] ?? env['SLURM_STEP_NUM_TASKS'];

async function loadKoffi(): Promise<typeof Koffi> {
  try {
    const module = (await import('koffi')) as unknown as { readonly default: typeof Koffi };
    return module.default;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UserError(
      `--distributed mpi: koffi, which calls the MPI library, does not load (${reason}). Install it beside capsnet: npm install koffi.`,
    );
  }
}

function openLibrary(
  koffi: typeof Koffi,
  env: NodeJS.ProcessEnv,
): { readonly library: Koffi.LibraryHandle; readonly dialect: Dialect } {
  const names = libraryNames(env);
  for (const name of names) {
    let library: Koffi.LibraryHandle;
    try {
      // Plug-ins that the library loads look for its symbols.
      library = koffi.load(name, { global: true });
    } catch {
      continue;
    }
    const dialect = dialectOf(library);
    if (dialect) return { library, dialect };
    throw new UserError(`--distributed mpi: ${name} is no MPI library. Unset CAPSNET_MPI, or name another.`);
  }
  throw new UserError(
    `--distributed mpi: no MPI library was found (${names.join(', ')}). Install one, on Debian and Ubuntu: apt-get install openmpi-bin; or name its file in CAPSNET_MPI.`,
  );
}

/**
 * Joins the processes that a launcher (mpirun, srun) has started.
 *
 * @throws UserError when koffi or MPI is missing, when no launcher has started this process, or when launcher and library belong to different MPIs
 */
export async function joinMpi(env: NodeJS.ProcessEnv = process.env): Promise<MpiCommunicator> {
  const koffi = await loadKoffi();
  const { library, dialect } = openLibrary(koffi, env);
  const launched = launchedSize(env);
  if (launched === undefined) {
    throw new UserError(
      '--distributed mpi: this process was not started by mpirun or srun. Start it so: mpirun -n 2 --bind-to none capsnet train --distributed mpi ...',
    );
  }
  const { handle, world } = dialect;
  const declare = (name: string, types: readonly string[]) => {
    const call = library.func(name, 'int', [...types]);
    return (...values: readonly unknown[]): void => {
      const code = call(...values) as number;
      if (code !== 0) throw new Error(`${name} of ${dialect.name} returned the error ${code}`);
    };
  };
  // A request or a communicator is an address or a number; 8 bytes have room for both.
  const cell = () => new BigUint64Array(1);
  const handleIn = (place: BigUint64Array): unknown =>
    handle === 'int' ? Number(BigInt.asIntN(32, place[0]!)) : place[0];
  const out = () => new Int32Array(1);

  const mpi = {
    init: declare('MPI_Init_thread', ['void *', 'void *', 'int', 'void *']),
    rank: declare('MPI_Comm_rank', [handle, 'void *']),
    size: declare('MPI_Comm_size', [handle, 'void *']),
    dup: declare('MPI_Comm_dup', [handle, 'void *']),
    version: declare('MPI_Get_library_version', ['void *', 'void *']),
    sum: declare('MPI_Iallreduce', ['void *', 'void *', 'int', handle, handle, handle, 'void *']),
    broadcast: declare('MPI_Ibcast', ['void *', 'int', handle, 'int', handle, 'void *']),
    barrier: declare('MPI_Ibarrier', [handle, 'void *']),
    wait: declare('MPI_Wait', ['void *', 'void *']),
    test: declare('MPI_Test', ['void *', 'void *', 'void *']),
    abort: declare('MPI_Abort', [handle, 'int']),
    finish: declare('MPI_Finalize', []),
  };
  const onlyThisThread = 1; // MPI_THREAD_FUNNELED
  mpi.init(null, null, onlyThisThread, out());
  const number = (ask: (...values: readonly unknown[]) => void): number => {
    const answer = out();
    ask(world, answer);
    return answer[0]!;
  };
  const [rank, size] = [number(mpi.rank), number(mpi.size)];
  const text = new Uint8Array(8192);
  mpi.version(text, out());
  const version = new TextDecoder().decode(text.subarray(0, text.indexOf(0))).split(/[,\n]/)[0]!;
  if (String(size) !== launched) {
    throw new UserError(
      `--distributed mpi: the launcher has started ${launched} processes, and ${version} sees ${size}: they belong to different MPIs. Name the launcher's library in CAPSNET_MPI.`,
    );
  }
  const duplicate = (): unknown => {
    const place = cell();
    mpi.dup(world, place);
    return handleIn(place);
  };
  // One of its own for each lane: MPI matches the sums of a communicator by their order.
  const lanes: Readonly<Record<Lane, unknown>> = { statistics: duplicate(), gradients: duplicate() };
  const control = duplicate();

  // MPI_Status is smaller everywhere; nobody reads it.
  const status = new Uint8Array(64);
  const done = out();
  /** Waits without keeping the processor or the event loop from others: what one process does alone may take minutes. */
  const patiently = async (request: BigUint64Array): Promise<void> => {
    for (let pause = 0; ; pause = Math.min(pause + 1, 20)) {
      mpi.test(request, done, status);
      if (done[0] !== 0) return;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  return {
    rank,
    size,
    library: version,
    allReduce(values, sums, lane) {
      const request = cell();
      mpi.sum(values, sums, values.length, dialect.float, dialect.sum, lanes[lane], request);
      return () => {
        mpi.wait(request, status);
        // MPI reads and writes them until here: named, so that nobody collects them before.
        void [values, sums];
      };
    },
    async broadcast(bytes) {
      const request = cell();
      mpi.broadcast(bytes, bytes.length, dialect.byte, 0, control, request);
      await patiently(request);
    },
    async barrier() {
      const request = cell();
      mpi.barrier(control, request);
      await patiently(request);
    },
    abort: (code) => mpi.abort(world, code),
    finish: () => mpi.finish(),
  };
}
