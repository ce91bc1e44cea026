/**
 * `capsnet info`: the models as tables of layers, output shapes and parameters. No backend is started: the shapes come from the lazy graph.
 */
import { buildModel, describeModel, modelNames, summarize, type ModelName } from '@capsnet/capsules';
import { oneOf } from '../options/values.js';
import { createConsole } from '../output/console.js';
import { count } from '../output/format.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';

export interface InfoFlags {
  readonly json?: boolean;
}

/** Runs the command for one model, or for all. */
export async function info(named: string | undefined, flags: InfoFlags): Promise<void> {
  const console = createConsole();
  const names: readonly ModelName[] =
    named === undefined ? modelNames : [oneOf('capsnet info', 'model', modelNames)(named)];
  names.forEach((name, index) => {
    const description = describeModel(name);
    const summary = summarize(buildModel(description));
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
