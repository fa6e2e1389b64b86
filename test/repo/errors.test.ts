// docs/errors.md and the sources name the same codes, in both directions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SESSION_CODE } from '../../tunnel/codes.ts';
import { PRODUCT_FOLDERS, ROOT, sourceFiles } from './source-files.ts';

const CODE = /CC_ERR_[A-Z0-9]+(?:_[A-Z0-9]+)+/g;

function codesInSources(): Set<string> {
  const codes = new Set<string>();
  for (const { text } of sourceFiles(PRODUCT_FOLDERS))
    for (const [code] of text.matchAll(CODE)) codes.add(code);
  // Built from the names of the SPEC's table.
  for (const name of Object.keys(SESSION_CODE)) if (name !== 'NO_ERROR') codes.add(`CC_ERR_TUNNEL_${name}`);
  return codes;
}

it('docs/errors.md names every code of the sources, and no other', () => {
  const documented = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8').matchAll(
    /^\| `(CC_ERR_[A-Z0-9_]+)`\s*\|/gm,
  );
  const inDocs = [...documented].map((match) => match[1] ?? '').toSorted();
  expect(inDocs).toEqual([...codesInSources()].toSorted());
});
