// The project's own sources, for tests that look at the house itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const PRODUCT_FOLDERS = [
  'observe',
  'memory',
  'http',
  'tunnel',
  'auth',
  'gateway',
  'relay-agent',
  'cli',
] as const;
export const ALL_FOLDERS = [...PRODUCT_FOLDERS, 'demo', 'bench', 'test'] as const;

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
}

export function sourceFiles(folders: readonly string[] = ALL_FOLDERS): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const path = relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/');
        return { path, folder, text: readFileSync(join(ROOT, path), 'utf8') };
      }),
  );
}

/** What a file imports, static or dynamic, without comments. */
export function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
  const pattern =
    /(?:^(?:import|export)\b[^'"]*?\bfrom\s*|^\}\s*from\s*|\bimport\s*\(\s*|\(import\.meta\.url\)\(|^import\s+)['"]([^'"\n]+)['"]/gm;
  return [...code.matchAll(pattern)].map((match) => match[1] ?? '');
}
