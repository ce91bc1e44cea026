/** The settings as flags of a command. */
import { Option, type Command } from 'commander';
import { settingNames, settingOf } from './table.js';

/** Adds a flag for every setting. None has a default for commander: what was typed must be told from what was not. */
export function settingFlags(command: Command): Command {
  for (const name of settingNames) {
    const { flag, help, fallback, fallbackHelp, json, parser } = settingOf(name);
    const shown =
      fallbackHelp ?? (fallback === undefined ? undefined : JSON.stringify(fallback).replaceAll('"', ''));
    const option = new Option(flag, shown === undefined ? help : `${help} (default: ${shown})`);
    const long = flag.split(' ')[0]!;
    if (json !== 'boolean') option.argParser(parser(long));
    command.addOption(option);
    if (json === 'boolean') command.addOption(new Option(long.replace(/^--/, '--no-'), `not ${long}`));
  }
  return command;
}
