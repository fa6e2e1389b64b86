// Settings that arrive as text, from the environment and from flags, in the shape the schema expects.
import { parse } from 'yaml';
import { isMisspeltVariable } from './known-variables.ts';
import type { SettingKey } from './setting-keys.ts';

interface TextValue {
  readonly key: string;
  /** The variable or the flag. */
  readonly name: string;
  readonly value: unknown;
}

export interface TextLayer {
  readonly values: readonly TextValue[];
  readonly problems: readonly string[];
}

/** An empty variable counts as not set. An unknown one is a misspelt setting, and refused like an unknown key. */
export function environmentValues(
  keys: readonly SettingKey[],
  environment: Readonly<Record<string, string | undefined>>,
): TextLayer {
  const values = keys.flatMap((setting) =>
    textValue(setting, setting.environment, environment[setting.environment]),
  );
  const problems = Object.keys(environment)
    .filter(isMisspeltVariable)
    .map((name) => `${name}: there is no such setting`);
  return { values, problems };
}

/** `flags` holds only flags that the command line knows. */
export function flagValues(keys: readonly SettingKey[], flags: Readonly<Record<string, string>>): TextLayer {
  const values = keys.flatMap((setting) => {
    return setting.flag === undefined ? [] : textValue(setting, setting.flag, flags[setting.flag]);
  });
  return { values, problems: [] };
}

function textValue(setting: SettingKey, name: string, text: string | undefined): TextValue[] {
  if (text === undefined || text === '') return [];
  return [{ key: setting.key, name, value: FROM_TEXT[setting.kind](text) }];
}

const FROM_TEXT: Readonly<Record<SettingKey['kind'], (text: string) => unknown>> = {
  text: (text) => text,
  number: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
  list: (text) => text.split(',').map((item) => item.trim()),
  rules: rulesFrom,
};

// What is not YAML stays text, and the schema then says that it must be a list.
function rulesFrom(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    return text;
  }
}
