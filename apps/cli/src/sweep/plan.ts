/** Sweep files: which runs are to be made. One JSON file says the settings that all have in common, and how the rest varies: a grid, draws, or a list. */
import { foldIn, randomKey, uniform, type RandomKey } from '@capsnet/datasets';
import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import { suggestion } from '../options/nearest.js';
import { readJson, readSetting } from '../settings/file.js';
import { resolveSettings } from '../settings/settings.js';
import { settingNames, settingOf, type GivenSettings, type SettingName } from '../settings/table.js';

/** A run that is to be made. */
export interface PlannedRun {
  /** Of its folder: what varies, and a checksum of all that it learns from. The same settings have the same name in any file. */
  readonly name: string;
  readonly settings: GivenSettings;
  /** Only what varies. */
  readonly varied: GivenSettings;
  /** Epochs that it will take. */
  readonly epochs: number;
}

export interface SweepPlan {
  readonly runs: readonly PlannedRun[];
  readonly varied: readonly SettingName[];
}

/** More runs than anybody means. */
const mostRuns = 10_000;
const ways = ['grid', 'random', 'list'] as const;
const topKeys = ['$schema', 'base', ...ways];
/** Each run has a folder of its own; and one that stops by the clock has not ended. */
const reserved: Readonly<Partial<Record<SettingName, string>>> = {
  picture: 'all runs would write the same file',
  stopAfter: 'a run that stops by the clock has not ended',
};

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads and checks one file. */
class Reader {
  constructor(
    private readonly option: string,
    private readonly file: string,
  ) {}

  fail(problem: string): never {
    throw new UserError(`${this.option}: ${problem}`);
  }

  object(value: unknown, what: string, keys?: readonly string[]): Json {
    if (!isObject(value)) this.fail(`${what} in ${this.file} is not a JSON object.`);
    const unknown = keys && Object.keys(value).find((key) => !keys.includes(key));
    if (unknown !== undefined) {
      this.fail(
        `${what} in ${this.file} has the key "${unknown}", which it cannot have.${suggestion(unknown, keys!)} Known: ${keys!.join(', ')}.`,
      );
    }
    return value;
  }

  setting(key: string, value: unknown): unknown {
    const read = readSetting(this.option, this.file, key, value);
    const reason = reserved[key as SettingName];
    if (reason !== undefined)
      this.fail(`"${key}" in ${this.file} has no place in a sweep: ${reason}. Leave it out.`);
    return read;
  }

  settings(value: unknown, what: string): GivenSettings {
    const object = this.object(value, what);
    return Object.fromEntries(Object.entries(object).map(([key, one]) => [key, this.setting(key, one)]));
  }

  values(key: string, list: unknown, what: string): unknown[] {
    if (!Array.isArray(list) || list.length === 0)
      this.fail(`${what}: "${key}" in ${this.file} wants a list of values, for example [0.001, 0.0005].`);
    return list.map((value) => this.setting(key, value));
  }
}

/** Every combination, the last key varying fastest. */
function grid(reader: Reader, content: unknown): GivenSettings[] {
  let combinations: GivenSettings[] = [{}];
  for (const [key, list] of Object.entries(reader.object(content, '"grid"'))) {
    const values = reader.values(key, list, '"grid"');
    if (combinations.length * values.length > mostRuns)
      reader.fail(`the grid has more than ${mostRuns} runs. Take fewer values.`);
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  return combinations;
}

const rangeKeys = ['from', 'to', 'scale'];

/** How one setting is drawn: uniformly from a list, or from a range, on a linear or a logarithmic scale. */
function drawer(reader: Reader, key: string, content: unknown): (key: RandomKey) => unknown {
  if (Array.isArray(content)) {
    const values = reader.values(key, content, '"random"');
    return (random) => values[Math.floor(uniform(random) * values.length)];
  }
  const what = `"${key}" of "random"`;
  const { from, to, scale = 'linear' } = reader.object(content, what, rangeKeys);
  if (typeof from !== 'number' || typeof to !== 'number' || !(from < to))
    reader.fail(
      `${what} wants a list of values, or {"from": 0.0001, "to": 0.01, "scale": "log"} with from below to.`,
    );
  const scales = ['linear', 'log'];
  if (typeof scale !== 'string' || !scales.includes(scale))
    reader.fail(
      `${what}: there is no scale ${JSON.stringify(scale)}.${suggestion(String(scale), scales)} Known: linear, log.`,
    );
  if (scale === 'log' && from <= 0)
    reader.fail(`${what}: a logarithmic scale begins above 0, not at ${from}.`);
  // Both ends must be values that the setting takes.
  reader.setting(key, from);
  reader.setting(key, to);
  const whole = settingOf(key as SettingName).schema['type'] === 'integer';
  return (random) => {
    const share = uniform(random);
    if (whole && scale === 'linear') return from + Math.floor(share * (to - from + 1));
    const value = scale === 'log' ? from * (to / from) ** share : from + (to - from) * share;
    // Three digits are enough to try, and read well in tables.
    return whole ? Math.round(value) : Number(value.toPrecision(3));
  };
}

function random(reader: Reader, content: unknown): GivenSettings[] {
  const { count, seed = 1, settings } = reader.object(content, '"random"', ['count', 'seed', 'settings']);
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (!isCount(count) || count < 1 || count > mostRuns)
    reader.fail(
      `"count" of "random" wants a whole number from 1 to ${mostRuns}, not ${JSON.stringify(count)}.`,
    );
  if (!isCount(seed)) reader.fail(`"seed" of "random" wants a whole number, not ${JSON.stringify(seed)}.`);
  const drawers = Object.entries(reader.object(settings, '"settings" of "random"')).map(
    ([key, how]) => [key, drawer(reader, key, how)] as const,
  );
  const drawn = new Map<string, GivenSettings>();
  for (let draw = 0; drawn.size < count; draw++) {
    if (draw > 100 * count)
      reader.fail(
        `"random" asks for ${count} runs, but its settings give ${drawn.size} different ones only.`,
      );
    const at = foldIn(randomKey(seed), draw);
    const one = Object.fromEntries(drawers.map(([key, how], place) => [key, how(foldIn(at, place))]));
    drawn.set(JSON.stringify(one), one);
  }
  return [...drawn.values()];
}

function list(reader: Reader, content: unknown): GivenSettings[] {
  if (!Array.isArray(content) || content.length === 0)
    reader.fail('"list" wants a list of settings, for example [{"lr": 0.001}, {"lr": 0.01, "clip": 1}].');
  return content.map((entry: unknown, index) => reader.settings(entry, `entry ${index + 1} of "list"`));
}

/** What a run learns from: its settings without those of a sitting, except those that end it. */
function checksum(settings: GivenSettings): string {
  const learned = settingNames
    .filter((name) => settings[name] !== undefined)
    .filter((name) => settingOf(name).sitting === undefined || name === 'earlyStop')
    .map((name) => [name, settings[name]]);
  return createHash('sha256').update(JSON.stringify(learned)).digest('hex').slice(0, 8);
}

function nameOf(varied: GivenSettings, settings: GivenSettings): string {
  const words = Object.entries(varied).map(([key, value]) => `${key}-${String(value)}`);
  const readable = words
    .join('_')
    .replace(/[^\w.+-]/g, '-')
    .slice(0, 80);
  return `${readable === '' ? '' : `${readable}-`}${checksum(settings)}`;
}

/**
 * Reads a sweep file.
 *
 * @throws UserError for a file that cannot be read, an unknown or mistyped key, or settings that do not fit together
 */
export function readSweep(file: string): SweepPlan {
  const option = 'capsnet sweep';
  const reader = new Reader(option, file);
  const content = reader.object(readJson(option, file), 'the sweep', topKeys);
  const given = ways.filter((way) => content[way] !== undefined);
  if (given.length !== 1) {
    reader.fail(
      `${file} has ${given.length === 0 ? 'neither a grid, nor random draws, nor a list' : given.map((way) => `"${way}"`).join(' and ')}. Give one of "grid", "random" and "list".`,
    );
  }
  const base = reader.settings(content['base'] ?? {}, '"base"');
  const way = given[0]!;
  const combinations = { grid, random, list }[way](reader, content[way]);
  const varied = settingNames.filter((name) => combinations.some((one) => one[name] !== undefined));
  const runs = new Map<string, PlannedRun>();
  for (const one of combinations) {
    const settings = { ...base, ...one };
    // Refuses what does not fit together, before the first run.
    const { epochs } = resolveSettings({ ...settings, out: 'unused' });
    const ordered = Object.fromEntries(
      varied.filter((name) => one[name] !== undefined).map((name) => [name, one[name]]),
    );
    const name = nameOf(ordered, settings);
    runs.set(name, { name, settings, varied: ordered, epochs });
  }
  return { runs: [...runs.values()], varied };
}

/** The settings of a run as flags of `capsnet train`. */
export const flagsOf = (settings: GivenSettings): string[] =>
  settingNames.flatMap((name) => {
    const value = settings[name];
    if (value === undefined) return [];
    const flag = settingOf(name).flag.split(' ')[0]!;
    if (typeof value === 'boolean') return [value ? flag : flag.replace(/^--/, '--no-')];
    return [flag, String(value)];
  });

/** `lr 0.001, seed 2`. */
export const showVaried = (varied: GivenSettings): string =>
  Object.entries(varied)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ') || 'as in base';
