/**
 * `compile`: a pure function of tensors becomes a plan, once for each signature of its arguments; calls after the first only
 * run the plan and allocate nothing.
 */
import type { Backend, Executable, MemoryUse, StepListing, StepTime } from '../backends/backend.js';
import { chooseBackend, currentBackend } from '../backends/choose.js';
import { TensorError, showShape } from '../errors.js';
import { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { leaves, unflatten } from '../tree.js';
import { evaluate, evaluateSync } from './evaluate.js';
import {
  listGraph,
  matchDonations,
  showPlan,
  topologicalOrder,
  type GraphListing,
  type Plan,
} from './plan.js';
import { simplify } from './simplify.js';
import { traced } from './trace.js';

/** How a function is compiled: what it may overwrite, where it runs, what it is called. */
export interface CompileOptions {
  /**
   * Positions of arguments whose memory the results may take over, e.g. `[0, 1]` for parameters and optimiser state. Donated tensors
   * must not be touched afterwards (doing so throws); use the results in their place.
   */
  readonly donate?: readonly number[];
  /** Backend to run on; the current one by default. */
  readonly backend?: Backend;
  /** Name in messages and listings. */
  readonly name?: string;
}

/** A plan as data: what `inspect` shows as text. */
export interface Listing extends GraphListing {
  /** What the backend runs, in order. */
  readonly steps: readonly StepListing[];
  readonly memory: MemoryUse;
}

/** A compiled function: call it like the original, and await the result. */
export interface Compiled<Args extends readonly unknown[], Result> {
  (...args: Args): Promise<Result>;
  /** As a call, at once; for synchronous backends. */
  sync(...args: Args): Result;
  /** Graph and lowered plan for these arguments as text. */
  inspect(...args: Args): Promise<string>;
  /** The same as data. */
  list(...args: Args): Promise<Listing>;
  /** Runs once for these arguments and times each step. Nothing is donated or returned. */
  profile(...args: Args): Promise<readonly StepTime[]>;
  /** Bytes that the plans of this function hold. */
  memory(): MemoryUse;
  /** Gives the memory of all plans back. */
  release(): void;
}

const isTensor = (leaf: unknown): leaf is Tensor => leaf instanceof Tensor;

interface Prepared {
  readonly plan: Plan;
  readonly executable: Executable;
  readonly result: unknown;
  /** Positions of the result's leaves that are tensors. */
  readonly tensorLeaves: readonly number[];
  readonly donated: readonly number[];
}

/**
 * Compiles a pure function. Arguments and result are trees with tensors at the leaves; other leaves (numbers, strings, booleans)
 * are part of the signature: calling with another number traces and compiles again, so pass what changes as a `scalar`.
 *
 * @param fn must depend on its arguments alone and must not read values.
 * @throws TensorError when a value is read while tracing, or an argument has been donated before.
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  { donate = [], backend, name = fn.name || 'anonymous' }: CompileOptions = {},
): Compiled<Args, Result> {
  const cache = new Map<string, Prepared | Promise<Prepared>>();
  const backendIds = new WeakMap<Backend, number>();
  let backends = 0;

  const keyOf = (args: Args, flat: readonly unknown[], chosen: Backend): string => {
    let id = backendIds.get(chosen);
    if (id === undefined) backendIds.set(chosen, (id = backends++));
    return `${id}|${args.length}|${flat.map((leaf) => (isTensor(leaf) ? `${leaf.dtype}${showShape(leaf.shape)}` : `=${String(leaf)}`)).join(';')}|${structureOf(args)}`;
  };

  const build = (args: Args, flat: readonly unknown[]): Omit<Prepared, 'executable'> => {
    let count = 0;
    const inputs: Tensor[] = [];
    const placeholders = flat.map((leaf) => {
      if (!isTensor(leaf)) return leaf;
      const node = new Tensor(
        'input',
        [],
        { index: count++, shape: leaf.shape, dtype: leaf.dtype },
        leaf.shape,
        leaf.dtype,
      );
      inputs.push(node);
      return node;
    });
    const result = traced(() => fn(...unflatten(args, placeholders)));
    if (result instanceof Promise) {
      throw new TensorError(
        'compile',
        `${name} returned a promise. A compiled function builds a graph and must not await: read values outside of it.`,
      );
    }
    const resultLeaves = leaves<unknown>(result);
    const tensorLeaves = resultLeaves.flatMap((leaf, position) => (isTensor(leaf) ? [position] : []));
    const known = (node: Tensor): boolean => node.op === 'input' || node.value !== undefined;
    const outputs = simplify(
      tensorLeaves.map((position) => resultLeaves[position] as Tensor),
      known,
    );
    const donatedTensors = new Set(
      donate.flatMap((position) => leaves<unknown>(args[position]).filter(isTensor)),
    );
    const tensorsIn = flat.filter(isTensor);
    const donated = tensorsIn.flatMap((leaf, position) => (donatedTensors.has(leaf) ? [position] : []));
    const nodes = topologicalOrder(outputs, known);
    const plan: Plan = {
      name,
      inputs,
      nodes,
      outputs,
      donations: matchDonations(inputs, new Set(donated), outputs),
    };
    return { plan, result, tensorLeaves, donated };
  };

  const prepare = (args: Args, flat: readonly unknown[], chosen: Backend): Prepared | Promise<Prepared> => {
    const key = keyOf(args, flat, chosen);
    const found = cache.get(key);
    if (found) return found;
    const built = build(args, flat);
    const executable = chosen.prepare(built.plan);
    if (!(executable instanceof Promise)) {
      const prepared = { ...built, executable };
      cache.set(key, prepared);
      return prepared;
    }
    const promise = executable.then((ready) => {
      const prepared = { ...built, executable: ready };
      cache.set(key, prepared);
      return prepared;
    });
    cache.set(key, promise);
    promise.catch(() => cache.delete(key));
    return promise;
  };

  const finish = (
    { plan, result, tensorLeaves, donated }: Prepared,
    tensors: readonly Tensor[],
    values: readonly Value[],
  ): Result => {
    for (const position of donated) tensors[position]!.donateTo(name);
    const flat = leaves<unknown>(result);
    tensorLeaves.forEach((position, k) => {
      const { shape, dtype } = plan.outputs[k]!;
      flat[position] = new Tensor('data', [], { shape, dtype }, shape, dtype, values[k]);
    });
    return unflatten(result, flat) as Result;
  };

  const tensorsOf = (flat: readonly unknown[]): Tensor[] => flat.filter(isTensor);

  const inputValues = async (tensors: readonly Tensor[], chosen: Backend): Promise<Value[]> => {
    const pending = tensors.filter((tensor) => tensor.value === undefined);
    if (pending.length > 0) await evaluate(pending, chosen);
    return tensors.map((tensor) => tensor.value!);
  };

  const call = async (...args: Args): Promise<Result> => {
    const chosen = backend ?? (await chooseBackend());
    const flat = leaves<unknown>(args);
    const tensors = tensorsOf(flat);
    const prepared = await prepare(args, flat, chosen);
    const values = await prepared.executable.run(await inputValues(tensors, chosen));
    return finish(prepared, tensors, values);
  };

  const sync = (...args: Args): Result => {
    const chosen = backend ?? currentBackend('compile.sync');
    const flat = leaves<unknown>(args);
    const tensors = tensorsOf(flat);
    const prepared = prepare(args, flat, chosen);
    if (prepared instanceof Promise)
      throw new TensorError(
        'compile.sync',
        `${chosen.description} is asynchronous. Call the function and await it.`,
      );
    const pending = tensors.filter((tensor) => tensor.value === undefined);
    if (pending.length > 0) evaluateSync(pending, chosen);
    const values = prepared.executable.run(tensors.map((tensor) => tensor.value!));
    if (values instanceof Promise)
      throw new TensorError(
        'compile.sync',
        `${chosen.description} is asynchronous. Call the function and await it.`,
      );
    return finish(prepared, tensors, values);
  };

  const settled = (): Prepared[] =>
    [...cache.values()].filter((entry): entry is Prepared => !(entry instanceof Promise));

  return Object.assign(call, {
    sync,
    async inspect(...args: Args): Promise<string> {
      const { plan, executable } = await prepare(
        args,
        leaves<unknown>(args),
        backend ?? (await chooseBackend()),
      );
      return `${showPlan(plan)}\n\n${executable.inspect()}`;
    },
    async list(...args: Args): Promise<Listing> {
      const chosen = backend ?? (await chooseBackend());
      const { plan, executable } = await prepare(args, leaves<unknown>(args), chosen);
      return { ...listGraph(plan), steps: executable.steps(), memory: executable.memory };
    },
    async profile(...args: Args): Promise<readonly StepTime[]> {
      const chosen = backend ?? (await chooseBackend());
      const flat = leaves<unknown>(args);
      const { executable } = await prepare(args, flat, chosen);
      if (!executable.profile) throw new TensorError('profile', `${chosen.description} has no profiler.`);
      return executable.profile(await inputValues(tensorsOf(flat), chosen));
    },
    memory(): MemoryUse {
      const uses = settled().map(({ executable }) => executable.memory);
      return {
        total: uses.reduce((sum, use) => sum + use.total, 0),
        arena: uses.reduce((sum, use) => sum + use.arena, 0),
      };
    },
    release(): void {
      for (const { executable } of settled()) executable.release();
      cache.clear();
    },
  });
}

/** The nesting of a tree as text. */
function structureOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(structureOf).join()}]`;
  if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Tensor) &&
    Object.getPrototypeOf(value) === Object.prototype
  ) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}:${structureOf(item)}`)
      .join()}}`;
  }
  return '.';
}
