/** Runs the cases of a folder of reference values on a backend, one after the other. */
import type { Backend } from '@capsnet/tensor';
import { augmentOperations } from '@capsnet/datasets';
import { isAugmentation, runAugmentation } from './augment.js';
import { capsuleOperations } from './capsuleOperations.js';
import { passes, worstOf, type Comparison } from './compare.js';
import { runOperation } from './evaluate.js';
import { isModel, modelOperations, runModel } from './models.js';
import { operations, type Operation } from './operations.js';
import { isSchedule, optimiserOperations, runSchedule } from './optimisers.js';
import { readTensors, type GoldenCase, type GoldenFolder } from './golden.js';

/** What became of a case. */
export interface CaseResult {
  readonly case: string;
  readonly op: string;
  readonly status: 'passed' | 'failed' | 'unsupported';
  /** Of the tensor that comes nearest to its limit or goes furthest beyond: its name, its error and what is allowed. */
  readonly tensor?: string;
  readonly error?: number;
  readonly tolerance?: number;
  /** Why a case failed that gave no result. */
  readonly message?: string;
}

const table: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...operations, ...capsuleOperations, ...optimiserOperations }),
);

/** Every operation that the runner knows. */
export const knownOperations: readonly string[] = [
  ...table.keys(),
  ...modelOperations,
  'lr_schedule',
  ...augmentOperations,
];

async function comparisonsOf(
  folder: GoldenFolder,
  golden: GoldenCase,
  backend: Backend,
): Promise<readonly Comparison[]> {
  const tensors = await readTensors(folder, golden);
  if (isModel(golden.op)) return runModel(golden, tensors, backend);
  if (isSchedule(golden.op)) return runSchedule(golden, tensors);
  if (isAugmentation(golden.op)) return runAugmentation(golden, tensors);
  return runOperation(golden, tensors, table.get(golden.op)!, backend);
}

/** Runs one case. Never throws for what the case or the engine does wrong: that is a result. */
export async function runCase(
  folder: GoldenFolder,
  golden: GoldenCase,
  backend: Backend,
): Promise<CaseResult> {
  const { name, op } = golden;
  if (!knownOperations.includes(op)) {
    return { case: name, op, status: 'unsupported', message: `no operation here is called "${op}"` };
  }
  try {
    const worst = worstOf(await comparisonsOf(folder, golden, backend));
    if (!worst) return { case: name, op, status: 'failed', message: 'the case names nothing to compare' };
    return { case: name, op, status: passes(worst) ? 'passed' : 'failed', ...worst };
  } catch (error) {
    return {
      case: name,
      op,
      status: 'failed',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Runs every case that `wanted` takes, and gives each result as soon as it is there. */
export async function* runFolder(
  folder: GoldenFolder,
  backend: Backend,
  wanted: (golden: GoldenCase) => boolean = () => true,
): AsyncGenerator<CaseResult> {
  for (const golden of folder.cases) if (wanted(golden)) yield await runCase(folder, golden, backend);
}
