/** Configuration files: reading, with one sentence for whatever is wrong, and the schema that editors check them by. */
import { readFileSync } from 'node:fs';
import { UserError, systemReason } from '../errors.js';
import { suggestion } from '../options/nearest.js';
import { settingNames, settingOf, type GivenSettings, type SettingName } from './table.js';

/** Where the schema is published; `config.json` of a run names it. */
export const schemaLocation = 'https://unpkg.com/@capsnet/cli/schema/config.schema.json';

/** Keys of a file that are no settings: the schema for editors, and what a run notes about itself. */
const otherKeys = ['$schema', 'run'];

/**
 * The contents of a JSON file that a flag or an argument names.
 *
 * @throws UserError for a file that cannot be read, or is not JSON
 */
export function readJson(option: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(`${option}: "${file}" cannot be read (${reason}). Give a JSON file of settings.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${option}: ${file} is not JSON (${(error as Error).message}). Mend it, or start anew.`,
    );
  }
}

/**
 * Reads a configuration: a JSON object of settings, for example `config.json` of a run.
 *
 * @throws UserError for a file that cannot be read, is not JSON, has an unknown key or a value of the wrong kind
 */
export function readSettingsFile(option: string, file: string): GivenSettings & { readonly run?: unknown } {
  const content = readJson(option, file);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UserError(`${option}: ${file} is not a JSON object of settings, for example {"epochs": 10}.`);
  }
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    if (key === 'run') settings[key] = value;
    if (!otherKeys.includes(key)) settings[key] = readSetting(option, file, key, value);
  }
  return settings;
}

/**
 * A setting as a JSON file has it.
 *
 * @throws UserError for an unknown key, with the nearest one, or a value of the wrong kind
 */
export function readSetting(option: string, file: string, key: string, value: unknown): unknown {
  const name = settingNames.find((known) => known === key);
  if (name === undefined) {
    throw new UserError(
      `${option}: ${file} has the key "${key}", which is no setting.${suggestion(key, settingNames)} See: capsnet train --help.`,
    );
  }
  const label = `${option}: "${key}" in ${file}`;
  const { json, parser } = settingOf(name);
  if (typeof value !== json) {
    const article = { number: 'a number', string: 'a text', boolean: 'true or false' }[json];
    throw new UserError(`${label} wants ${article}, not ${JSON.stringify(value)}.`);
  }
  return parser(label)(String(value));
}

/** The JSON schema of configuration files (draft 2020-12). */
export function configurationSchema(): object {
  const properties = (name: SettingName): object => {
    const { help, fallback, fallbackHelp, schema } = settingOf(name);
    const description = fallbackHelp === undefined ? help : `${help} (default: ${fallbackHelp})`;
    return { description, ...schema, ...(fallback === undefined ? {} : { default: fallback }) };
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: schemaLocation,
    title: 'Settings of capsnet train',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(settingNames.map((name) => [name, properties(name)])),
      run: { description: 'What a run noted about itself; not read.', type: 'object' },
    },
  };
}
