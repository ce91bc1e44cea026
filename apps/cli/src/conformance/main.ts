/**
 * `npm run conformance`: holds a backend against a folder of reference values, or against what other software computed with published weights. With `--json`, standard output has one JSON object a
 * case and one at the end; all else goes to standard error.
 */
import { Command, CommanderError } from 'commander';
import type { Backend } from '@capsnet/tensor';
import { exitCodeOf, exitCodes, isExpected, UserError } from '../errors.js';
import { startBackend } from '../machine/start.js';
import { engineFlags, type EngineFlags } from '../options/flags.js';
import { suggestion } from '../options/nearest.js';
import { path, wholeNumber } from '../options/values.js';
import { createConsole, type Console } from '../output/console.js';
import { table } from '../output/table.js';
import type { GoldenFolder } from './golden.js';
import { readPair, runOfficial } from './official.js';
import { readFolder } from './read.js';
import { runFolder, type CaseResult } from './run.js';

interface Flags extends EngineFlags {
  readonly golden?: string;
  readonly official?: string;
  readonly expected?: string;
  readonly first?: number;
  readonly case?: readonly string[];
  readonly json?: boolean;
}

function createProgram(): Command {
  const program = new Command('conformance');
  program
    .description('Hold a backend against a folder of reference values.')
    .option('--golden <dir>', 'folder with index.json and the files it names', path('--golden'))
    .option('--official <file>', 'Keras weights (.h5), to be imported', path('--official'))
    .option(
      '--expected <file>',
      'what they answer: input, caps, recon, ... (.safetensors)',
      path('--expected'),
    )
    .option(
      '--first <n>',
      'compare the first n images of --expected only',
      wholeNumber('--first', 1, 1_000_000, '2'),
    )
    .option(
      '--case <name>',
      'run this case only; may be given several times',
      (name: string, names: readonly string[] = []) => [...names, name],
    )
    .option('--json', 'one JSON object a case on standard output, all else on standard error')
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined });
  return engineFlags(program);
}

/** The cases to run. @throws UserError for a name that the folder does not have */
function chosen(folder: GoldenFolder, names: readonly string[] | undefined): ReadonlySet<string> {
  const known = folder.cases.map(({ name }) => name);
  for (const name of names ?? []) {
    if (!known.includes(name))
      throw new UserError(`--case: ${folder.path} has no case "${name}".${suggestion(name, known)}`);
  }
  return new Set(names ?? known);
}

/** JSON has no Infinity: an error that is not finite stands as null, with a message. */
function jsonLine({ case: name, op, status, tensor, error, tolerance, message }: CaseResult): string {
  const finite = error !== undefined && Number.isFinite(error);
  const told = message ?? (error === undefined || finite ? undefined : 'the result is not finite');
  return `${JSON.stringify({
    case: name,
    op,
    ok: status === 'passed',
    error: finite ? error : null,
    tolerance: tolerance ?? null,
    ...(tensor ? { tensor } : {}),
    ...(status === 'unsupported' ? { unsupported: true } : {}),
    ...(told ? { message: told } : {}),
  })}\n`;
}

const short = (value: number | undefined): string =>
  value === undefined ? '' : value === 0 ? '0' : value.toExponential(1);

/** A line for each operation, then the cases that did not pass. */
function report(console: Console, results: readonly CaseResult[]): void {
  const { green, red, yellow } = console.colours.result;
  const operations = [...new Set(results.map(({ op }) => op))];
  const rows = operations.map((op) => {
    const of = results.filter((result) => result.op === op);
    const count = (status: CaseResult['status']): string =>
      String(of.filter((result) => result.status === status).length || '');
    const measured = of.filter(({ error }) => error !== undefined).sort((a, b) => b.error! - a.error!);
    return [
      op,
      count('passed'),
      count('failed'),
      count('unsupported'),
      short(measured[0]?.error),
      short(measured[0]?.tolerance),
    ];
  });
  const columns = [
    { title: 'operation' },
    ...['passed', 'failed', 'unsupported', 'largest error', 'allowed'].map((title) => ({
      title,
      align: 'right' as const,
    })),
  ];
  console.result(`${table(columns, rows).join('\n')}\n`);
  for (const { case: name, op, status, tensor, error, tolerance, message } of results) {
    if (status === 'passed') continue;
    const measured = tensor ? `${tensor} errs by ${short(error)}, allowed ${short(tolerance)}` : '';
    const word = status === 'failed' ? red('failed') : yellow('unsupported');
    console.result(`\n${word} ${name} (${op})\n  ${[measured, message].filter(Boolean).join('\n  ')}\n`);
  }
  const total = (status: CaseResult['status']): number =>
    results.filter((result) => result.status === status).length;
  const verdict = `${total('passed')} passed, ${total('failed')} failed, ${total('unsupported')} unsupported`;
  console.result(`\n${total('failed') > 0 ? red(verdict) : green(verdict)}\n`);
}

/** What is to be run: a title, and the cases one after the other on a backend. */
interface Work {
  readonly title: string;
  run(backend: Backend): AsyncGenerator<CaseResult>;
}

/** @throws UserError when the flags name nothing to run, or too much */
async function workOf({ golden, official, expected, first, case: names }: Flags): Promise<Work> {
  if ((official === undefined) !== (expected === undefined))
    throw new UserError('--official and --expected belong together: weights, and what they answer.');
  if ((golden === undefined) === (official === undefined))
    throw new UserError(
      'name what to compare with: --golden DIR, or --official FILE.h5 --expected FILE.safetensors.',
    );
  if (golden !== undefined) {
    if (first !== undefined) throw new UserError('--first is for --expected. Leave it out.');
    const folder = readFolder(golden);
    const wanted = chosen(folder, names);
    return {
      title: `${wanted.size} of ${folder.cases.length} cases of ${golden}`,
      run: (backend) => runFolder(folder, backend, ({ name }) => wanted.has(name)),
    };
  }
  if (names !== undefined) throw new UserError('--case chooses among the cases of --golden. Leave it out.');
  const pair = await readPair(official!, expected!, first);
  return {
    title: `${official}, recognised as ${pair.name},`,
    run: (backend) => runOfficial(pair, backend),
  };
}

async function conformance(flags: Flags): Promise<number> {
  const { json = false } = flags;
  const console = createConsole();
  const work = await workOf(flags);
  const backend: Backend = await startBackend(flags, console);
  const started = performance.now();
  const results: CaseResult[] = [];
  try {
    console.note(`${work.title} on ${backend.description}`);
    for await (const result of work.run(backend)) {
      results.push(result);
      if (json) console.result(jsonLine(result));
    }
  } finally {
    await backend.dispose();
  }
  const count = (status: CaseResult['status']): number =>
    results.filter((result) => result.status === status).length;
  const [passed, failed, unsupported] = [count('passed'), count('failed'), count('unsupported')];
  if (json) {
    const seconds = Math.round(performance.now() - started) / 1000;
    const done = { event: 'done', passed, failed, unsupported, backend: backend.description, seconds };
    console.result(`${JSON.stringify(done)}\n`);
  } else report(console, results);
  return failed > 0 ? exitCodes.failedRun : exitCodes.success;
}

/**
 * Runs one command line.
 *
 * @returns the exit code: 0 when no case failed, 1 when one did, 2 for a user's mistake
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = createProgram();
  let code: number = exitCodes.success;
  program.action(async (flags: Flags) => {
    code = await conformance(flags);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.success;
      const said = error.message.replace(/^error: /, '').replace(/\.$/, '');
      process.stderr.write(`conformance: ${said}. See npm run conformance -- --help.\n`);
      return exitCodes.userMistake;
    }
    const report =
      !isExpected(error) && error instanceof Error
        ? (error.stack ?? error.message)
        : (error as Error).message;
    process.stderr.write(`conformance: ${report}\n`);
    return exitCodeOf(error);
  }
}
