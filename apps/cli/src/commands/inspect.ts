/**
 * `capsnet inspect`: what the compiler makes of a model. The graph of a forward pass or of a whole training step, the fused steps that a backend
 * runs, their memory, and the source of the kernel behind a step. Nothing is computed.
 */
import { adam } from '@capsnet/autograd';
import {
  buildModel,
  describeModel,
  evaluateStep,
  modelNames,
  trainStep,
  type Model,
  type Parameters,
} from '@capsnet/capsules';
import {
  compile,
  fill,
  randomKey,
  scalar,
  TensorError,
  type Backend,
  type Listing,
  type Tensor,
} from '@capsnet/tensor';
import { UserError } from '../errors.js';
import type { InspectFlags } from '../plans/flags.js';
import { kernelSource } from '../plans/kernelSource.js';
import { startBackend } from '../machine/start.js';
import { nearest } from '../options/nearest.js';
import { createConsole } from '../output/console.js';
import { count } from '../output/format.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';
import { openWeights } from '../weights/open.js';

/** Runs the command for a model's name, a name of weights, or a file of them. */
export async function inspect(named: string, flags: InspectFlags): Promise<void> {
  const console = createConsole(flags.quiet ? { quiet: true } : {});
  const subject = subjectOf(named);
  const backend = await startBackend(flags, console);
  try {
    const listing = await listingOf(subject, flags);
    const { step } = flags;
    if (step !== undefined && step >= listing.steps.length)
      throw new UserError(
        `--step ${step}: the plan has steps 0 to ${listing.steps.length - 1}. See them: capsnet inspect ${named}.`,
      );
    if (flags.json)
      emit(console, {
        event: 'plan',
        subject: named,
        backend: backend.description,
        ...asData(listing, step),
      });
    else console.result(`${asText(named, backend, listing, step).join('\n')}\n`);
  } catch (error) {
    // What a backend cannot hold (a tensor too large for it, say) is told in its own sentence.
    if (error instanceof TensorError) throw new UserError(`capsnet inspect: ${error.message}`);
    throw error;
  } finally {
    await backend.dispose();
  }
}

interface Subject {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly state: Parameters;
}

/** A model of the catalogue with fresh parameters, or that of a file. */
function subjectOf(named: string): Subject {
  const known = modelNames.find((name) => name === named);
  if (known !== undefined) {
    const model = buildModel(describeModel(known));
    return { model, ...model.init(randomKey(1)) };
  }
  const meant = nearest(named, modelNames);
  try {
    return openWeights(named);
  } catch (error) {
    if (!(error instanceof UserError) || meant === undefined) throw error;
    throw new UserError(`capsnet inspect: there is no model or file "${named}". Did you mean "${meant}"?`);
  }
}

/** The plan for a batch: testing it, or a training step with Adam. Contents do not matter, so they are zeros. */
async function listingOf(
  { model, parameters, state }: Subject,
  { batch, training }: InspectFlags,
): Promise<Listing> {
  const { input, classNames } = model.description;
  const images: Tensor = fill([batch, ...input], 0);
  const labels: Tensor = fill([batch, classNames.length], 0);
  const second = 'decodings' in model.description && model.description.decodings === 2;
  const examples = {
    images,
    labels,
    ...(second ? { secondLabels: labels, targets: images, secondTargets: images } : {}),
  };
  const { kind } = model.description;
  if (!training)
    return compile(evaluateStep(model), { name: `test ${kind}` }).list(parameters, state, examples);
  const optimizer = adam<Parameters>();
  return compile(trainStep(model, optimizer), { name: `train ${kind}`, donate: [0, 1, 2] }).list(
    parameters,
    state,
    optimizer.init(parameters),
    examples,
    scalar(0.001),
  );
}

/** Source of a step's kernel: made for it (gpu, reference), or one of the engine's (wasm). */
function sourceOf({ kernel, source }: Listing['steps'][number]): {
  readonly where?: string;
  readonly text?: string;
} {
  if (source !== undefined) return { text: source };
  const found = kernelSource(kernel);
  return found ? { where: `${found.file}:${found.line}`, text: found.text } : {};
}

function asData(listing: Listing, step: number | undefined): Record<string, unknown> {
  const { name, inputs, nodes, outputs, steps, memory } = listing;
  if (step !== undefined) return { name, index: step, step: { ...steps[step], ...sourceOf(steps[step]!) } };
  // Sources of all steps would be most of the text; --step has them.
  return { name, inputs, nodes, outputs, steps: steps.map(({ source: _, ...rest }) => rest), memory };
}

const shapeOf = (shape: readonly number[]): string => `[${shape.join(',')}]`;

function asText(named: string, backend: Backend, listing: Listing, step: number | undefined): string[] {
  const { name, inputs, nodes, outputs, steps, memory } = listing;
  if (step !== undefined) {
    const { label, shape, kernel, operations } = steps[step]!;
    const { where, text } = sourceOf(steps[step]!);
    return [
      `step ${step} of ${name} on ${backend.description}: ${label} ${shapeOf(shape)}`,
      `kernel ${kernel}${where === undefined ? '' : `, ${where}`}${operations === 0 ? '' : `; ${count(operations)} floating-point operations`}`,
      '',
      text ??
        `The AssemblyScript of "${kernel}" is in the repository, packages/tensor/assembly; the installed package has it compiled.`,
    ];
  }
  const graph = nodes.map(({ name: node, op, operands, attributes, shape, dtype }) => {
    const given = Object.entries(attributes).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    return `  ${node} = ${op}(${operands.join(', ')})${given.length === 0 ? '' : ` {${given.join(', ')}}`} -> ${dtype}${shapeOf(shape)}`;
  });
  const rows = steps.map(({ label, shape, kernel, operations }, index) => [
    String(index),
    label,
    shapeOf(shape),
    kernel === label ? '' : kernel,
    operations === 0 ? '' : (operations / 1e6).toFixed(2),
  ]);
  const columns = [{ title: 'step', align: 'right' as const }, { title: 'computes' }, { title: 'result' }, { title: 'kernel' }, { title: 'MFLOP', align: 'right' as const }]; // prettier-ignore
  return [
    `${named}: ${name} on ${backend.description}`,
    '',
    `graph: ${count(inputs)} inputs, ${count(nodes.length)} nodes, ${count(outputs.length)} outputs`,
    ...graph,
    `  return ${outputs.join(', ')}`,
    '',
    `plan: ${count(steps.length)} steps; the kernel of one: capsnet inspect ${named} --step N`,
    ...table(columns, rows).map((line) => `  ${line}`),
    '',
    `memory: ${count(memory.total)} bytes, of which ${count(memory.arena)} are shared by intermediate results`,
  ];
}
