// Settings from four layers: flags over environment over file over defaults. Nothing here throws for a wrong
// setting: every problem of every layer is collected, so that one run names them all.
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { checkContent } from './file-content.ts';
import { settingKeys } from './setting-keys.ts';
import type { SettingKey } from './setting-keys.ts';
import { environmentValues, flagValues } from './text-layers.ts';
import { readSettingsFile } from './settings-file.ts';
import type { SettingsFile } from './settings-file.ts';
import { describeIssue } from './describe-issue.ts';
import { readIn, setIn, withoutNulls } from './nested-values.ts';
import type { Nested } from './nested-values.ts';

export interface SettingsSources {
  /** The YAML file, if any. */
  readonly file?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By flag, such as `--public-url`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Values for what nobody set, by key: what the surroundings say, such as a cluster's own environment. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Where relative paths of flags and environment start. */
  readonly workingDirectory: string;
}

export interface Settings<S extends z.ZodObject> {
  /** Undefined when the schema refused something; then `problems` says what. */
  readonly values: z.output<S> | undefined;
  readonly problems: readonly string[];
  /** What the files hold that a setting names, by the setting's key. */
  readonly contents: ReadonlyMap<string, string>;
  /** The beginning of a problem: where the setting came from, and its key. */
  readonly at: (key: string) => string;
}

/** Where a value came from, for messages. */
type Origin = { readonly name: string; readonly directory: string };

export function collectSettings<S extends z.ZodObject>(schema: S, sources: SettingsSources): Settings<S> {
  const keys = settingKeys(schema);
  const file = readSettingsFile(sources.file);
  const problems: string[] = [...file.problems];
  const raw: Nested = withoutNulls(file.values);
  const origins = new Map<string, Origin>();

  const layers = [environmentValues(keys, sources.environment), flagValues(keys, sources.flags)];
  for (const layer of layers) problems.push(...layer.problems);
  for (const [key, value] of Object.entries(sources.defaults ?? {})) {
    if (readIn(raw, key) === undefined) setIn(raw, key, value);
  }
  for (const { key, name, value } of layers.flatMap((layer) => layer.values)) {
    if (setIn(raw, key, value)) origins.set(key, { name, directory: sources.workingDirectory });
  }

  // A required group that nobody wrote is an empty one, so that each of its keys is named as missing.
  for (const [name, field] of Object.entries(schema.shape)) {
    if (field instanceof z.ZodObject && !Object.hasOwn(raw, name)) raw[name] = {};
  }

  const at = (key: string): string => `${placeOf(key, origins, file)}${key}`;
  const contents = resolveFiles(keys, raw, { origins, file, sources, at, problems });
  const result = schema.safeParse(raw);
  for (const issue of result.error?.issues ?? []) {
    problems.push(...describeIssue(issue, { raw, keys, at, file: sources.file }));
  }
  return { values: result.data, problems, contents, at };
}

function placeOf(key: string, origins: ReadonlyMap<string, Origin>, file: SettingsFile): string {
  // A value inside a list belongs to where the list came from.
  const leaf = key.replace(/\[.*$/, '');
  const origin = origins.get(leaf);
  if (origin !== undefined) return `${origin.name}: `;
  return file.path === undefined ? '' : `${file.path}${file.lineOf(key)}: `;
}

interface FileContext {
  readonly origins: ReadonlyMap<string, Origin>;
  readonly file: SettingsFile;
  readonly sources: SettingsSources;
  readonly at: (key: string) => string;
  readonly problems: string[];
}

// Makes paths absolute in `raw`, and reads what they name.
function resolveFiles(keys: readonly SettingKey[], raw: Nested, context: FileContext): Map<string, string> {
  const contents = new Map<string, string>();
  for (const setting of keys) {
    const named = readIn(raw, setting.key);
    if (!setting.isPath || typeof named !== 'string' || named === '') continue;
    const path = resolve(directoryOf(setting.key, context), named);
    setIn(raw, setting.key, path);
    if (setting.holds === undefined) continue;
    const content = checkContent(path, setting.holds);
    if ('text' in content) contents.set(setting.key, content.text);
    else if (!(setting.mayBeMissing && content.missing)) {
      context.problems.push(`${context.at(setting.key)} ${content.problem}`);
    }
  }
  return contents;
}

function directoryOf(key: string, context: FileContext): string {
  const origin = context.origins.get(key);
  if (origin !== undefined) return origin.directory;
  return context.file.path === undefined
    ? context.sources.workingDirectory
    : dirname(resolve(context.file.path));
}
