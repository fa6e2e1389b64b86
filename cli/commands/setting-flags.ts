// The flags of a service: its settings file, and one for each setting that may have one, straight from the schema, so
// that none is ever forgotten.
import { Option } from 'commander';
import type { Command } from 'commander';
import type { SettingsSources } from '../config/collect-settings.ts';
import type { SettingKey } from '../config/setting-keys.ts';

export function addSettingFlags(command: Command, keys: readonly SettingKey[]): Command {
  command
    .option('-c, --config <file>', 'settings file (YAML); also CLUSTER_CONNECT_CONFIG')
    .option('--check-config', 'name every problem of the settings and stop');
  for (const { flag, description } of keys) {
    if (flag !== undefined) command.addOption(new Option(`${flag} <value>`, plain(description)));
  }
  return command;
}

/** The layers of settings around this process. */
export function settingsSources(command: Command, keys: readonly SettingKey[]): SettingsSources {
  const given: Record<string, unknown> = command.opts();
  const flags: Record<string, string> = {};
  for (const { flag } of keys) {
    if (flag === undefined) continue;
    const value = given[new Option(`${flag} <value>`).attributeName()];
    if (typeof value === 'string') flags[flag] = value;
  }
  const file = typeof given['config'] === 'string' ? given['config'] : process.env['CLUSTER_CONNECT_CONFIG'];
  return {
    ...(file === undefined || file === '' ? {} : { file }),
    environment: process.env,
    flags,
    workingDirectory: process.cwd(),
  };
}

function plain(description: string): string {
  return description.replaceAll('`', '');
}
