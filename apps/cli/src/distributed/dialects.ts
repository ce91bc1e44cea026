/**
 * The two binary interfaces that MPI libraries have. The functions have the same names; handles of communicators, types and operations are addresses of
 * exported objects in Open MPI, and numbers in MPICH and all that keep to its ABI (Intel MPI, MVAPICH, Cray MPICH).
 */
import type { LibraryHandle } from 'koffi';

/** What stands for a handle: an address, or a number. */
export type Handle = unknown;

export interface Dialect {
  readonly name: 'Open MPI' | 'MPICH';
  /** The C type of a handle. */
  readonly handle: 'void *' | 'int';
  readonly world: Handle;
  readonly float: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
}

/** Which of the two a library speaks; undefined when it is no MPI. */
export function dialectOf(library: LibraryHandle): Dialect | undefined {
  const exported = (name: string): Handle => {
    try {
      return library.symbol(name) as Handle;
    } catch {
      return undefined;
    }
  };
  if (exported('MPI_Iallreduce') === undefined) return undefined;
  const world = exported('ompi_mpi_comm_world');
  if (world !== undefined)
    return {
      name: 'Open MPI',
      handle: 'void *',
      world,
      float: exported('ompi_mpi_float'),
      byte: exported('ompi_mpi_byte'),
      sum: exported('ompi_mpi_op_sum'),
    };
  // The numbers of mpi.h, which the MPICH ABI Compatibility Initiative fixes.
  return {
    name: 'MPICH',
    handle: 'int',
    world: 0x44000000,
    float: 0x4c00040a,
    byte: 0x4c00010d,
    sum: 0x58000003,
  };
}

/** Files that may hold the library, those of the launcher's own kind first. */
export function libraryNames(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const named = env['CAPSNET_MPI'];
  if (named) return [named];
  const open = ['libmpi.so.40', 'libmpi.40.dylib'];
  const mpich = ['libmpich.so.12', 'libmpi.so.12', 'libmpi.12.dylib'];
  const hydra = env['OMPI_COMM_WORLD_SIZE'] === undefined && env['PMI_SIZE'] !== undefined;
  return hydra ? [...mpich, ...open] : [...open, ...mpich];
}
