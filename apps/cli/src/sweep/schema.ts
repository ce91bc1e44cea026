/** The JSON schema of sweep files (draft 2020-12): what editors check them by. */
import { configurationSchema, schemaLocation } from '../settings/file.js';

/** Where the schema is published. */
export const sweepSchemaLocation = schemaLocation.replace('config.schema', 'sweep.schema');

/** Made from the table of settings, as that of configuration files. */
export function sweepSchema(): object {
  const { properties } = configurationSchema() as { properties: Readonly<Record<string, object>> };
  const { $schema: _schema, run: _run, picture: _picture, stopAfter: _stop, ...settings } = properties;
  const each = (of: (setting: object) => object): object => ({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, of(setting)])),
  });
  const plain = each((setting) => setting);
  const values = (setting: object): object => ({ type: 'array', minItems: 1, items: setting });
  const range = {
    type: 'object',
    additionalProperties: false,
    required: ['from', 'to'],
    properties: { from: { type: 'number' }, to: { type: 'number' }, scale: { enum: ['linear', 'log'] } },
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: sweepSchemaLocation,
    title: 'Runs of capsnet sweep',
    type: 'object',
    additionalProperties: false,
    oneOf: [{ required: ['grid'] }, { required: ['random'] }, { required: ['list'] }],
    properties: {
      $schema: { type: 'string' },
      base: { description: 'Settings that all runs have in common.', ...plain },
      grid: { description: 'Every combination of these values.', ...each(values) },
      random: {
        description: 'As many different draws as `count` says.',
        type: 'object',
        additionalProperties: false,
        required: ['count', 'settings'],
        properties: {
          count: { type: 'integer', minimum: 1, maximum: 10_000 },
          seed: { type: 'integer', minimum: 0, default: 1 },
          settings: each((setting) => ({ anyOf: [values(setting), range] })),
        },
      },
      list: { description: 'One run each.', type: 'array', minItems: 1, items: plain },
    },
  };
}
