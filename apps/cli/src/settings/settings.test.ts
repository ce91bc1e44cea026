import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { configurationSchema } from './file.js';
import { presetNames, presets } from './presets.js';
import { recordedSettings, resolveSettings } from './settings.js';
import { settingNames, settingOf } from './table.js';

const folder = mkdtempSync(join(tmpdir(), 'capsnet-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (content: unknown): string => {
  const path = join(folder, 'config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('settings', () => {
  it('defaults, preset, file and flags stand above each other in this order', () => {
    const config = file({ preset: 'fast', lr: 0.25, epochs: 3, $schema: 'x', run: { any: 'thing' } });
    const settings = resolveSettings({ config, epochs: 4 });
    expect(settings).toMatchObject({
      epochs: 4,
      lr: 0.25,
      schedule: presets.fast.schedule,
      batchSize: presets.fast.batchSize,
      seed: 1,
      augment: false,
      model: 'efficient-capsnet',
      lrMin: 0.0025,
      select: 'validation',
    });
  });

  it.each([
    [{ dataset: 'digits' }, 'digits is not augmented here (--augment). Leave it out.'],
    [{ dataset: 'mnist', augment: false }, 'mnist is not augmented here'],
    [{ dataset: 'multimnist' }, 'the pairs of multimnist are laid over each other anew in every epoch'],
    [{ dataset: 'multimnist', augment: true }, 'the pairs of multimnist are laid over each other anew'],
    [
      { dataset: 'mnist', epochs: 3 },
      '--refine 0.2 of 3 epochs is less than one of them. Ask for 0.34 or more',
    ],
  ] as const)('refuses --refine for %j', (said, sentence) => {
    expect(() => resolveSettings({ ...said, refine: 0.2, out: 'x' })).toThrow(sentence);
  });

  it('a run that goes on refuses a typed --refine that comes to no epoch, not one that it began with', () => {
    file({ dataset: 'digits', augment: true, epochs: 100, refine: 0.01 });
    expect(() => resolveSettings({ resume: folder, epochs: 8, refine: 0.01 })).toThrow(
      '--refine 0.01 of 8 epochs is less than one of them.',
    );
    expect(resolveSettings({ resume: folder, epochs: 8 })).toMatchObject({ epochs: 8, refine: 0.01 });
  });

  it('the paper preset is the recipe of the paper', () => {
    expect(resolveSettings({ preset: 'paper', dataset: 'mnist' })).toMatchObject({
      epochs: 150,
      batchSize: 16,
      lr: 5e-4,
      lrDecay: 0.97,
      lrMin: 5e-5,
      augment: true,
    });
    // A preset is made of settings, with values that their flags would take.
    for (const name of presetNames)
      for (const [key, value] of Object.entries(presets[name]))
        expect(settingOf(key as never).parser(key)(String(value))).toBe(value);
  });

  it('what is recorded reads back to the same settings, without what belongs to the moment', () => {
    const settings = resolveSettings({ dataset: 'mnist', clip: 2, stopAfter: 5, threads: 1, out: 'a' });
    const recorded = recordedSettings(settings);
    expect(recorded.stopAfter).toBeUndefined();
    const again = resolveSettings({ config: file(recorded), out: 'a' });
    expect(again).toEqual({ ...settings, stopAfter: undefined });
  });

  it.each([
    [{ epoch: 3 }, /has the key "epoch", which is no setting\. Did you mean "epochs"\?/],
    [{ batch_size: 3 }, /no setting\. Did you mean "batchSize"\?/],
    [{ epochs: 'many' }, /"epochs" in .*config\.json wants a number, not "many"/],
    [{ epochs: 0.5 }, /"epochs" in .* wants a whole number, from 1 to 1000000, not "0\.5"/],
    [{ dataset: 'minst' }, /Did you mean "mnist"\?/],
    [{ augment: 'yes' }, /wants true or false/],
    [{ ema: 1 }, /wants a number from 0 on and below 1/],
    [[1], /is not a JSON object/],
    ['{"epochs": 3', /is not JSON/],
    [{ select: 'test', holdOut: 5 }, /--hold-out has no meaning with --select test/],
  ])('%j gets one sentence', (content, message) => {
    const resolve = (): unknown => resolveSettings({ config: file(content), out: 'x' });
    expect(resolve).toThrow(UserError);
    expect(resolve).toThrow(message);
  });

  it('the published schema is that of the table: npm run schema writes it', () => {
    const published = new URL('../../schema/config.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(configurationSchema())),
    );
    expect(Object.keys((configurationSchema() as { properties: object }).properties)).toEqual(
      expect.arrayContaining(settingNames),
    );
  });
});
