// The version of this package, from its package.json: one folder up in the sources, two in dist.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function packageVersion(): string {
  for (const up of ['..', '../..']) {
    const found = versionIn(join(import.meta.dirname, up, 'package.json'));
    if (found !== undefined) return found;
  }
  return 'unknown';
}

function versionIn(file: string): string | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('version' in value)) return undefined;
    return typeof value.version === 'string' ? value.version : undefined;
  } catch {
    return undefined;
  }
}
