/**
 * `capsnet perturb`: what the dimensions of a capsule mean. One capsule of one image is moved, dimension by dimension, and the decoder draws each step.
 */
import { Interrupted, UserError } from '../errors.js';
import { classOf } from '../inspect/class.js';
import { checkOutput, writeOutput } from '../inspect/output.js';
import { describeSubject, openSubject, type Subject } from '../inspect/subject.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import { createConsole, type Console } from '../output/console.js';
import { emit } from '../output/json.js';
import { animate } from '../perturb/animation.js';
import type { PerturbFlags } from '../perturb/flags.js';
import { gridPicture } from '../perturb/picture.js';
import { stepValues, variations, type Variations } from '../perturb/variations.js';
import { toPng } from '../pictures/canvas.js';

/** Runs the command. */
export async function perturb(flags: PerturbFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  checkOutput('--out', flags.out, '.png');
  if (flags.gif !== undefined) checkOutput('--gif', flags.gif, '.gif');
  const subject = openSubject(flags);
  checkModel(subject);
  const { classNames } = subject.split;
  const capsule = flags.capsule === undefined ? undefined : classOf('--capsule', flags.capsule, classNames);
  const backend = await startBackend(flags, console);
  const interruption = listenForInterruption(
    () => undefined,
    () => undefined,
  );
  try {
    console.note(`${subject.modelName}, ${describeSubject(subject)}, backend ${backend.description}`);
    const moved = await variations(subject, {
      capsule,
      values: stepValues(flags.range, flags.steps),
      backend,
      async onRow() {
        if (await interruption.check()) throw new Interrupted('stopped; nothing was written.');
      },
    });
    const text = {
      title: `${subject.modelName}, capsule ${classNames[moved.capsule]!}`,
      subtitle: `${describeSubject(subject)}, taken for ${classNames[moved.predicted]!} (${moved.lengths[moved.predicted]!.toFixed(2)})`,
    };
    writeOutput(flags.out, toPng(gridPicture(moved, text)));
    if (flags.gif !== undefined) writeOutput(flags.gif, animate(moved, text));
    report(console, flags, subject, moved);
  } finally {
    interruption.release();
    await backend.dispose();
  }
}

function checkModel({ weights: { given, model } }: Subject): void {
  const { kind, decoder } = model.description;
  if (kind === 'cnn')
    throw new UserError(
      `--weights: ${given} is a plain CNN, which has no capsules whose dimensions could be moved. Give weights of a capsule network.`,
    );
  if (decoder === null)
    throw new UserError(
      `--weights: ${given} has no decoder, so what a capsule stands for cannot be drawn. Give weights of a model with one.`,
    );
}

function report(console: Console, flags: PerturbFlags, subject: Subject, moved: Variations): void {
  const { classNames } = subject.split;
  const { capsule, predicted, lengths, values, rows } = moved;
  const files = { picture: flags.out, ...(flags.gif === undefined ? {} : { gif: flags.gif }) };
  if (flags.json) {
    emit(console, {
      event: 'perturb',
      weights: flags.weights,
      model: subject.modelName,
      dataset: subject.split.name,
      index: subject.index,
      label: subject.label,
      ...(subject.secondLabel === undefined ? {} : { secondLabel: subject.secondLabel }),
      predicted,
      lengths,
      capsule,
      dimensions: rows.length,
      values,
      movedLengths: rows.map((row) => row.map(({ length }) => length)),
      ...files,
    });
    return;
  }
  console.result(
    [
      `${describeSubject(subject)}, taken for ${classNames[predicted]!} (length ${lengths[predicted]!.toFixed(2)}).`,
      `Moved:     capsule ${classNames[capsule]!} (length ${lengths[capsule]!.toFixed(2)}), ${rows.length} dimensions by ${values[0]!} to ${values.at(-1)!} in ${values.length} steps`,
      `Picture:   ${flags.out}`,
      ...(flags.gif === undefined ? [] : [`Animation: ${flags.gif}`]),
      '',
    ].join('\n'),
  );
}
