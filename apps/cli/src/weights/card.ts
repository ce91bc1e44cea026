/**
 * Model cards: what weights are, how they were made and how well they do, as a page of Markdown beside the file. Everything in it comes from the run's
 * folder and from a test of the very file that it describes.
 */
import { summarize, type Model } from '@capsnet/capsules';
import { UserError } from '../errors.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import { count, duration, percent } from '../output/format.js';
import type { EarlierEnd } from '../training/config.js';
import { recordedSettings, refiningEpochs, resolveSettings } from '../settings/settings.js';
import { settingNames, settingOf, type GivenSettings } from '../settings/table.js';
import { answersPairs } from './open.js';

/** What a run's folder says. */
export interface RunFacts {
  readonly settings: GivenSettings;
  readonly capsnet: string;
  readonly protocol: string;
  readonly machine: { readonly node: string; readonly platform: string; readonly backend: string };
  readonly trainImages: number;
  readonly validationImages: number;
  /** What the run was to come to before it went on to another end. */
  readonly before: readonly EarlierEnd[];
  /** A line an epoch. */
  readonly epochs: readonly {
    readonly epoch: number;
    readonly seconds: number;
    readonly valSeconds: number;
    readonly valAccuracy: number;
    /** Of all epochs, at its end. */
    readonly step: number;
  }[];
}

export interface Card {
  readonly name: string;
  readonly model: Model;
  readonly modelName: string;
  readonly dataset: string;
  readonly facts: RunFacts;
  /** Epoch that the weights are of. */
  readonly bestEpoch: number;
  readonly sha256: string;
  readonly bytes: number;
  /** The test of the file itself. */
  readonly evaluation: Evaluation;
  /** Of the weights before they were rounded to half precision; absent for a file in single precision. */
  readonly fullPrecision?: Evaluation;
  /** Flags that say which part of the test split that was, as typed. */
  readonly testFlags?: readonly string[];
  /** The processor, in words. */
  readonly processor?: string;
}

/** What settings come to with all defaults; undefined for such as exclude each other. */
function meaningOf(given: GivenSettings): string | undefined {
  try {
    return JSON.stringify(recordedSettings(resolveSettings({ ...given, out: '-' })));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The command that repeats a run, with as few flags as say it. What belongs to one machine is left out, the folder of data only named. */
export function commandOf(recorded: GivenSettings): string {
  let said: GivenSettings = Object.fromEntries(
    settingNames
      .filter((name) => recorded[name] !== undefined && settingOf(name).sitting === undefined)
      .map((name) => [name, recorded[name]]),
  );
  const whole = meaningOf(said);
  for (const name of settingNames) {
    if (said[name] === undefined || name === 'dataset' || name === 'seed') continue;
    const { [name]: _left, ...fewer } = said;
    if (whole !== undefined && meaningOf(fewer) === whole) said = fewer;
  }
  const flags = settingNames.flatMap((name) => {
    const value = said[name];
    const { flag, json } = settingOf(name);
    const long = flag.split(' ')[0]!;
    if (name === 'dataDir' && recorded.dataDir !== undefined) return [`${long} DIR`];
    if (value === undefined) return [];
    if (json === 'boolean') return [value ? long : long.replace(/^--/, '--no-')];
    return [`${long} ${String(value)}`];
  });
  return ['capsnet train', ...flags].join(' ');
}

/** The commands that repeat a run which went on to another end: one for each end. */
export function commandsOf({
  settings,
  before,
  epochs: ended,
}: Pick<RunFacts, 'settings' | 'before' | 'epochs'>): string {
  const last = { epochs: settings.epochs ?? 0, refine: settings.refine ?? 0 };
  const ends = [...before, last].map((end) => ({
    ...end,
    // A share of no epoch cannot be asked for.
    refine: refiningEpochs(end) > 0 ? end.refine : 0,
  }));
  const stops = before.map(({ epochs, done, step = 0 }) => {
    const inside = step > (ended[done - 1]?.step ?? 0);
    if (inside) return ` (stopped in epoch ${done + 1}, after step ${count(step)})`;
    return done < epochs ? ` (stopped after epoch ${done})` : '';
  });
  const commands = ends.map(({ epochs, refine }, index) => {
    if (index === 0) return commandOf({ ...settings, epochs, refine });
    // The share of the end before stays unless another is named.
    const refined = refine === ends[index - 1]!.refine ? '' : ` --refine ${refine}`;
    return `capsnet train --resume RUN --epochs ${epochs}${refined}`;
  });
  if (commands.length === 1) return `\`${commands[0]}\``;
  const [first, ...later] = commands;
  return [`${first} --out RUN`, ...later]
    .map((command, index) => `\`${command}\`${stops[index] ?? ''}`)
    .join(', then ');
}

/** How often each class was taken for each: rows are the truth. */
export function confusionOf({ verdicts }: Evaluation, classes: number): number[][] {
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { label, predicted } of verdicts) table[label]![predicted]! += 1;
  return table;
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const rule = (cells: number): string => `|${' --- |'.repeat(cells)}`;

/** The confusions as a table; of many classes only the most frequent ones as a list. */
function confusionLines(evaluation: Evaluation, classNames: readonly string[]): string[] {
  const confusion = confusionOf(evaluation, classNames.length);
  if (classNames.length <= 12) {
    return [
      row(['true \\ taken for', ...classNames]),
      rule(classNames.length + 1),
      ...confusion.map((counts, label) => row([classNames[label]!, ...counts])),
    ];
  }
  const wrong = confusion
    .flatMap((counts, label) => counts.map((times, predicted) => ({ label, predicted, times })))
    .filter(({ label, predicted, times }) => label !== predicted && times > 0)
    .sort((a, b) => b.times - a.times)
    .slice(0, 20);
  return wrong.map(
    ({ label, predicted, times }) => `- ${classNames[label]} taken for ${classNames[predicted]}: ${times}`,
  );
}

/** An error in words: that of pairs is of their digits, of which a pair may have one right. */
export function wordsOf(
  { error, misclassified, count: tested }: Pick<Evaluation, 'error' | 'misclassified' | 'count'>,
  pairs: boolean,
): string {
  const wrong = `${count(misclassified.length)} of ${count(tested)}`;
  return pairs
    ? `${percent(error)} of the digits; ${wrong} pairs not wholly right`
    : `${percent(error)} (${wrong} wrong)`;
}

/** A run that was stopped has done fewer than its command says. */
const epochsDone = ({ epochs, settings }: RunFacts): string =>
  settings.epochs !== undefined && settings.epochs > epochs.length
    ? `${epochs.length} of ${settings.epochs}, then stopped`
    : String(epochs.length);

/** The card as Markdown. */
export function cardText(card: Card): string {
  const { name, model, modelName, dataset, facts, evaluation, fullPrecision } = card;
  const { input, classNames } = model.description;
  const { parameters, parametersWithoutDecoder } = summarize(model);
  const trained = facts.epochs.reduce((sum, { seconds, valSeconds }) => sum + seconds + valSeconds, 0);
  const { settings, machine, validationImages } = facts;
  const pairs = answersPairs(model);
  const entries: (readonly [string, string])[] = [
    ['model', `${modelName}, images ${input.join(' x ')}, ${classNames.length} classes`],
    ['parameters', `${count(parameters)}, ${count(parametersWithoutDecoder)} without the decoder`],
    [
      'trained on',
      `${dataset}, ${count(facts.trainImages)} ${pairs ? 'pairs' : 'images'}${validationImages > 0 ? `; ${count(validationImages)} more held out` : ''}`,
    ],
    ['command', commandsOf(facts)],
    ['seed', String(settings.seed ?? 1)],
    ['epochs', `${epochsDone(facts)}; the weights are those of epoch ${card.bestEpoch}`],
    ['time', duration(trained)],
    [
      'machine',
      [card.processor, machine.platform, `Node ${machine.node}`, machine.backend].filter(Boolean).join(', '),
    ],
    ['protocol', facts.protocol],
    [pairs ? 'test error (1 - multiAccuracy)' : 'test error', `**${wordsOf(evaluation, pairs)}**`],
    ...(fullPrecision
      ? [
          [
            'in single precision',
            `${wordsOf(fullPrecision, pairs)}; the file is rounded to half precision`,
          ] as const,
        ]
      : []),
    ['file', `${name}.safetensors, ${count(card.bytes)} bytes, ${fullPrecision ? 'float16' : 'float32'}`],
    ['sha256', `\`${card.sha256}\``],
    ['capsnet', facts.capsnet],
  ];
  return [
    `# ${name}`,
    '',
    row(['', '']),
    rule(2),
    ...entries.map(([key, value]) => row([key, value])),
    '',
    'Test it:',
    '',
    '```sh',
    [
      `capsnet test --weights ${name}`,
      ...(settings.dataDir === undefined ? [] : ['--data-dir DIR']),
      ...(card.testFlags ?? []),
    ].join(' '),
    '```',
    '',
    '## Confusion',
    '',
    ...(pairs ? ['Not shown: each answer names two digits.'] : confusionLines(evaluation, classNames)),
    '',
    '## Epochs',
    '',
    row(['epoch', 'validation accuracy']),
    rule(2),
    ...facts.epochs.map(({ epoch, valAccuracy }) => row([epoch, percent(valAccuracy)])),
    '',
  ].join('\n');
}
