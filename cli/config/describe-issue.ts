// Turns what zod found into one sentence each: where, which key, and what it must be. Never the value: it may be secret.
import type { z } from 'zod';
import { readIn } from './nested-values.ts';
import type { Nested } from './nested-values.ts';
import type { SettingKey } from './setting-keys.ts';

export interface IssueContext {
  readonly raw: Nested;
  readonly keys: readonly SettingKey[];
  readonly file: string | undefined;
  readonly at: (key: string) => string;
}

export function describeIssue(issue: z.core.$ZodIssue, context: IssueContext): string[] {
  const key = keyOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (name) => `${context.at(joined(key, name))} is not a setting${knownAt(key, context)}`,
    );
  }
  if (issue.code === 'invalid_type' && isMissing(issue.path, context.raw)) return [missing(key, context)];
  return [`${context.at(key)} ${mustBe(issue)}`];
}

function mustBe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      // What a setting says of itself is better than its kind.
      if (issue.message.startsWith('must be ')) return issue.message;
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `must have at most ${issue.maximum} entries`
        : issue.origin === 'string'
          ? `must have at most ${issue.maximum} characters`
          : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'keys and values',
};

function missing(key: string, context: IssueContext): string {
  const setting = context.keys.find((candidate) => candidate.key === key);
  const where = context.file === undefined ? 'the settings file (--config)' : context.file;
  if (setting === undefined) return `${context.at(key)} is required`;
  const flag = setting.flag === undefined ? '' : `, ${setting.flag}`;
  return `${key} is required: set it in ${where}${flag} or ${setting.environment}`;
}

function isMissing(path: readonly PropertyKey[], raw: Nested): boolean {
  let current: unknown = raw;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return true;
    current = Object.hasOwn(current, part) ? Reflect.get(current, part) : undefined;
  }
  return current === undefined || current === null;
}

function knownAt(parent: string, context: IssueContext): string {
  if (parent.includes('[')) return '';
  const container = parent === '' ? context.raw : readIn(context.raw, parent);
  if (container === undefined) return '';
  const prefix = parent === '' ? '' : `${parent}.`;
  const names = context.keys
    .filter((setting) => setting.key.startsWith(prefix))
    .map((setting) => setting.key.slice(prefix.length).split('.')[0]);
  return ` (there are: ${[...new Set(names)].join(', ')})`;
}

function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => joined(key, part), '');
}

function joined(parent: string, part: PropertyKey): string {
  if (typeof part === 'number') return `${parent}[${part}]`;
  const name = String(part).slice(0, 100);
  return parent === '' ? name : `${parent}.${name}`;
}
