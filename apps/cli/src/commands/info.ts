/**
 * `capsnet info`: the models as tables of layers, output shapes and parameters. No backend is started: the shapes come from the lazy graph.
 */
import {
  buildModel,
  describeModel,
  DescriptionError,
  modelNames,
  summarize,
  type ImageShape,
  type ModelDescription,
  type ModelName,
  type ModelSummary,
} from '@capsnet/capsules';
import { UserError } from '../errors.js';
import { oneOf } from '../options/values.js';
import { createConsole } from '../output/console.js';
import { count } from '../output/format.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';

export interface InfoFlags {
  readonly json?: boolean;
  /** Height, width and channels, where they are not those of the paper. */
  readonly input?: ImageShape;
  /** Number of classes. */
  readonly classes?: number;
}

/** Runs the command for one model, or for all. */
export async function info(named: string | undefined, flags: InfoFlags): Promise<void> {
  const console = createConsole();
  const names: readonly ModelName[] =
    named === undefined ? modelNames : [oneOf('capsnet info', 'model', modelNames)(named)];
  names.forEach((name, index) => {
    const { description, summary } = described(name, flags);
    if (flags.json)
      emit(console, {
        event: 'model',
        model: name,
        input: description.input,
        classes: description.classNames.length,
        ...summary,
      });
    else console.result(`${index === 0 ? '' : '\n'}${modelTable(name, description, summary).join('\n')}\n`);
  });
}

/** The model at the size that is asked for. @throws UserError when its layers do not fit such images */
function described(
  name: ModelName,
  { input, classes }: InfoFlags,
): { readonly description: ModelDescription; readonly summary: ModelSummary } {
  try {
    const description = describeModel(name, {
      ...(input === undefined ? {} : { input }),
      ...(classes === undefined
        ? {}
        : { classNames: Array.from({ length: classes }, (_, index) => `class ${index}`) }),
    });
    return { description, summary: summarize(buildModel(description)) };
  } catch (error) {
    if (error instanceof DescriptionError) throw new UserError(`${name}: ${error.message}`);
    throw error;
  }
}

function modelTable(
  name: string,
  { input, classNames }: ReturnType<typeof describeModel>,
  { layers, parameters, parametersWithoutDecoder, statistics }: ReturnType<typeof summarize>,
): string[] {
  const lines = table(
    [{ title: 'layer' }, { title: 'output' }, { title: 'parameters', align: 'right' }],
    layers.map((layer) => [
      layer.layer,
      layer.output.join(' x '),
      layer.parameters === 0 ? '' : count(layer.parameters),
    ]),
  );
  const gathered = statistics === 0 ? '' : `; ${count(statistics)} moving statistics`;
  return [
    `${name}: images ${input.join(' x ')}, ${classNames.length} classes`,
    ...lines.map((line) => `  ${line}`),
    `  ${count(parameters)} parameters, ${count(parametersWithoutDecoder)} without the decoder${gathered}`,
  ];
}
