// docs/configuration.md and the schemas say the same, in both directions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentSchema } from '../../../cli/config/agent-schema.ts';
import { gatewaySchema } from '../../../cli/config/gateway-schema.ts';
import { settingKeys } from '../../../cli/config/setting-keys.ts';
import { EXIT } from '../../../cli/exit-codes.ts';

const DOCUMENT = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md'),
  'utf8',
);

interface Row {
  readonly key: string;
  readonly default: string;
  readonly environment: string;
  readonly flag: string;
  readonly description: string;
}

/** The rows of the settings table under a heading. */
function rowsUnder(heading: string): Row[] {
  const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 8 && cells[1]?.startsWith('`'))
    .map(([, key = '', , fallback = '', environment = '', flag = '', description = '']) => ({
      key: key.replaceAll('`', ''),
      default: fallback,
      environment: environment.replaceAll('`', ''),
      flag: flag.replaceAll('`', ''),
      description,
    }));
}

function defaultOf(schema: z.ZodObject, key: string): unknown {
  let field: z.core.$ZodType = schema;
  for (const part of key.split('.')) {
    if (field instanceof z.ZodOptional) field = field.unwrap();
    if (!(field instanceof z.ZodObject)) return undefined;
    field = field.shape[part];
  }
  return field instanceof z.ZodDefault || field instanceof z.ZodPrefault ? field.def.defaultValue : undefined;
}

describe.each([
  { heading: 'Gateway', schema: gatewaySchema },
  { heading: 'Agent', schema: agentSchema },
])('docs/configuration.md, $heading', ({ heading, schema }) => {
  const rows = rowsUnder(heading);
  const keys = settingKeys(schema);

  it('has each setting, and no other, with its variable, its flag and its text', () => {
    expect(rows.map(({ default: _default, ...row }) => row)).toEqual(
      keys.map(({ key, environment, flag, description }) => ({
        key,
        environment,
        flag: flag ?? 'none',
        description,
      })),
    );
    expect(rows.every(({ description }) => description.length > 10)).toBe(true);
  });

  it('has the defaults of the code', () => {
    for (const row of rows) {
      const value = defaultOf(schema, row.key);
      const text = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
      if (text === undefined) expect(row.default, row.key).toMatch(/^(none|required)/);
      else expect(row.default, row.key).toBe(`\`${text}\``);
    }
  });

  it('gives no two settings one name', () => {
    for (const name of ['key', 'environment', 'flag'] as const) {
      const names = keys.map((setting) => setting[name]).filter((value) => value !== undefined);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

it('docs/configuration.md has each exit code', () => {
  const table = DOCUMENT.split('## Exit codes')[1] ?? '';
  const documented = [...table.matchAll(/^\| ([\d, ]+?) +\|/gm)].flatMap(([, codes = '']) =>
    codes.split(', ').map(Number),
  );
  expect(documented).toEqual(Object.values(EXIT));
});
