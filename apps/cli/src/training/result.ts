/** `result.json`: what a run came to. It is there when a run has ended, and goes when the run goes on. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { choosingSplit, type Best, type Ending, type Outcome, type Run } from './run.js';

export interface RunResult {
  readonly ending: Ending;
  /** False when the time was up before the last epoch. */
  readonly complete: boolean;
  readonly epochs: number;
  readonly best: Best;
  readonly bestOn: 'validation' | 'test';
  readonly protocol: string;
  /** The best weights on the test split. */
  readonly test: {
    readonly accuracy: number;
    readonly error: number;
    readonly loss: number;
    readonly count: number;
    readonly misclassified: number;
  };
}

const resultFile = (directory: string): string => join(directory, 'result.json');

/** Keeps the result of a run that has ended. */
export function keepResult(run: Run, { ending, epochs, best, tested, protocol }: Outcome): void {
  const { accuracy, error, loss, count, misclassified } = tested;
  const result: RunResult = {
    ending,
    complete: ending !== 'stop-after',
    epochs,
    best,
    bestOn: choosingSplit(run).name,
    protocol,
    test: { accuracy, error, loss, count, misclassified: misclassified.length },
  };
  run.folder.write('result.json', `${JSON.stringify(result, null, 2)}\n`);
}

/** Of a run that begins, or goes on. */
export const forgetResult = (directory: string): void => rmSync(resultFile(directory), { force: true });

/** The result of the run in a folder, when it has ended. */
export function readResult(directory: string): RunResult | undefined {
  const file = resultFile(directory);
  // Written whole or not at all.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunResult) : undefined;
}
