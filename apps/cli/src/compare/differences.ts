/** What tells runs apart: the settings that are not the same in all of them. */
import type { RecordedRun } from '../runs/read-run.js';
import { settingNames, settingOf, type SettingName } from '../settings/table.js';

/** Settings of which at least two runs have different values; those of a sitting (threads, folders) do not count. */
export const differing = (runs: readonly Pick<RecordedRun, 'settings'>[]): SettingName[] =>
  settingNames.filter(
    (name) =>
      settingOf(name).sitting === undefined && new Set(runs.map(({ settings }) => settings[name])).size > 1,
  );

/** A value as a person reads it; nothing for a setting that a run does not have. */
export const showSetting = (value: string | number | boolean | undefined): string =>
  value === undefined ? '' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);

/** Names that tell runs apart: those of their folders, or their paths where two are alike. */
export function distinctNames(runs: readonly Pick<RecordedRun, 'name' | 'directory'>[]): string[] {
  const names = runs.map(({ name }) => name);
  return new Set(names).size === names.length ? names : runs.map(({ directory }) => directory);
}
