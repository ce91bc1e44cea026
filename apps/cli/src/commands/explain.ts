/**
 * `capsnet explain`: how a capsule network came to its answer about one image. Which primary capsules voted for which class, how well their votes agree, and how long
 * the capsules of each layer are.
 */
import { UserError } from '../errors.js';
import { routingPicture } from '../explain/picture.js';
import { followRouting, type Matrix, type Routing } from '../explain/routing.js';
import type { ExplainFlags } from '../explain/flags.js';
import { checkOutput, writeOutput } from '../inspect/output.js';
import { describeSubject, openSubject, type Subject } from '../inspect/subject.js';
import { startBackend } from '../machine/start.js';
import { createConsole, type Console } from '../output/console.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';
import { toPng } from '../pictures/canvas.js';

/** Runs the command. */
export async function explain(flags: ExplainFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  checkOutput('--out', flags.out, '.png');
  const subject = openSubject(flags);
  const { description } = subject.weights.model;
  if (description.kind === 'cnn') {
    throw new UserError(
      `--weights: ${flags.weights} is a plain CNN, in which nothing is routed. Give weights of a capsule network.`,
    );
  }
  const backend = await startBackend(flags, console);
  try {
    console.note(`${subject.modelName}, ${describeSubject(subject)}, backend ${backend.description}`);
    const routing = await followRouting({ ...subject, description }, backend);
    const picture = routingPicture(routing, {
      title: subject.modelName,
      subtitles: [`${describeSubject(subject)}, ${verdict(subject, routing)}`, methodOf(routing)],
      classNames: subject.split.classNames,
    });
    writeOutput(flags.out, toPng(picture));
    report(console, flags, subject, routing);
  } finally {
    await backend.dispose();
  }
}

function verdict({ split: { classNames } }: Subject, { predicted, second, classLengths }: Routing): string {
  const named = (which: number): string => `${classNames[which]!} (${classLengths[which]!.toFixed(2)})`;
  return `taken for ${named(predicted)}, second ${named(second)}`;
}

const methodOf = ({ method, iterations, primaryLengths }: Routing): string =>
  `${primaryLengths.length} primary capsules, ` +
  {
    'self-attention': 'self-attention routing',
    dynamic: `dynamic routing, ${iterations ?? 0} iterations`,
    none: 'no routing',
  }[method];

/** The child that gives most to a class, and how much. */
function strongest(cells: readonly number[]): { readonly child: number; readonly coupling: number } {
  const child = cells.reduce((best, value, index) => (value > cells[best]! ? index : best), 0);
  return { child, coupling: cells[child]! };
}

/** Six digits: what float32 has to say, without the rest that decimal notation would add. */
const short = (matrix: Matrix): Matrix =>
  matrix.map((cells) => cells.map((value) => Number(value.toPrecision(6))));

function report(console: Console, flags: ExplainFlags, subject: Subject, routing: Routing): void {
  const { split, index, label, secondLabel } = subject;
  const { couplings, agreement, classLengths, predicted } = routing;
  if (flags.json) {
    emit(console, {
      event: 'explain',
      weights: flags.weights,
      model: subject.modelName,
      dataset: split.name,
      index,
      label,
      ...(secondLabel === undefined ? {} : { secondLabel }),
      classNames: split.classNames,
      predicted,
      second: routing.second,
      routing: routing.method,
      ...(routing.iterations === undefined ? {} : { iterations: routing.iterations }),
      primaryCapsules: routing.map,
      lengths: { primary: routing.primaryLengths, class: classLengths },
      couplings: short(couplings),
      agreement: short(agreement),
      predictionLengths: short(routing.predictionLengths),
      ...(routing.pairs
        ? { pairs: { predicted: short(routing.pairs.predicted), second: short(routing.pairs.second) } }
        : {}),
      picture: flags.out,
    });
    return;
  }
  const mean = (cells: readonly number[]): number =>
    cells.reduce((sum, value) => sum + value, 0) / cells.length;
  const { bold } = console.colours.result;
  const rows = split.classNames.map((name, k) => {
    const { child, coupling } = strongest(couplings[k]!);
    return [
      name,
      classLengths[k]!.toFixed(4),
      mean(couplings[k]!).toFixed(4),
      `${coupling.toFixed(4)} (${child + 1})`,
      mean(agreement[k]!).toFixed(4),
    ];
  });
  const lines = table(
    [
      { title: 'class' },
      { title: 'length', align: 'right' },
      { title: 'mean coupling', align: 'right' },
      { title: 'largest (capsule)', align: 'right' },
      { title: 'mean agreement', align: 'right' },
    ],
    rows,
  );
  console.result(
    [
      `${describeSubject(subject)}, ${verdict(subject, routing)}.`,
      `${methodOf(routing)}.`,
      '',
      // Two lines of titles stand above the classes.
      ...lines.map((line, at) => (at === predicted + 2 ? bold(line) : line)),
      '',
      `Picture: ${flags.out}`,
      '',
    ].join('\n'),
  );
}
