// Holds the dependency table of ARCHITECTURE.md.
import { dirname, join, posix } from 'node:path';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importsOf, PRODUCT_FOLDERS, ROOT, sourceFiles } from './source-files.ts';

interface Rule {
  readonly folders: readonly string[];
  /** Package to the only files (by prefix) that may import it. */
  readonly packages: Readonly<Record<string, string>>;
}

const TABLE: Readonly<Record<(typeof PRODUCT_FOLDERS)[number], Rule>> = {
  observe: { folders: [], packages: { pino: 'observe/', 'prom-client': 'observe/' } },
  memory: { folders: [], packages: {} },
  http: { folders: ['observe'], packages: {} },
  tunnel: { folders: ['observe', 'memory'], packages: { ws: 'tunnel/websocket.ts' } },
  auth: { folders: ['observe', 'http'], packages: { jose: 'auth/', undici: 'auth/' } },
  'relay-agent': {
    folders: ['tunnel', 'http', 'auth', 'observe', 'memory'],
    packages: { undici: 'relay-agent/' },
  },
  gateway: {
    folders: ['tunnel', 'http', 'auth', 'observe', 'memory'],
    packages: { 'node-forge': 'gateway/pki/' },
  },
  cli: {
    folders: ['tunnel', 'http', 'auth', 'observe', 'gateway', 'relay-agent'],
    packages: {
      '@azure/msal-node': 'cli/',
      commander: 'cli/',
      'node-forge': 'cli/token/certificate/',
      undici: 'cli/',
      yaml: 'cli/',
      zod: 'cli/',
    },
  },
};

const files = sourceFiles(PRODUCT_FOLDERS);

interface Import {
  readonly file: string;
  readonly folder: (typeof PRODUCT_FOLDERS)[number];
  readonly specifier: string;
}

const imports: Import[] = files.flatMap((file) =>
  PRODUCT_FOLDERS.filter((folder) => folder === file.folder).flatMap((folder) =>
    importsOf(file.text).map((specifier) => ({ file: file.path, folder, specifier })),
  ),
);

function targetOf({ file, specifier }: Import): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier));
}

const relative = imports.filter(({ specifier }) => specifier.startsWith('.'));
const packages = imports.filter(
  ({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'),
);

describe('the dependency table', () => {
  it('sees the sources at all', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(relative.length).toBeGreaterThan(100);
    expect(packages.length).toBeGreaterThan(10);
  });

  it('lets a folder import only the folders that its row names', () => {
    const wrong = relative.filter((one) => {
      const folder = targetOf(one).split('/', 1)[0] ?? '';
      return folder !== one.folder && !TABLE[one.folder].folders.includes(folder);
    });
    expect(wrong).toEqual([]);
  });

  it('lets a folder be entered through its index.ts alone', () => {
    const wrong = relative.filter((one) => {
      const target = targetOf(one);
      const folder = target.split('/', 1)[0] ?? '';
      return folder !== one.folder && target !== `${folder}/index.ts`;
    });
    expect(wrong).toEqual([]);
  });

  it('lets a package be imported only where its row says', () => {
    const wrong = packages.filter((one) => {
      const name = one.specifier
        .split('/')
        .slice(0, one.specifier.startsWith('@') ? 2 : 1)
        .join('/');
      const where = TABLE[one.folder].packages[name];
      return where === undefined || !one.file.startsWith(where);
    });
    expect(wrong).toEqual([]);
  });

  it('has no cycle between files', () => {
    const graph = new Map<string, string[]>();
    for (const one of relative) graph.set(one.file, [...(graph.get(one.file) ?? []), targetOf(one)]);
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[][] = [];
    const visit = (file: string, way: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...way.slice(way.indexOf(file)), file]);
        return;
      }
      state.set(file, 'open');
      for (const next of graph.get(file) ?? []) visit(next, [...way, file]);
      state.set(file, 'done');
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('names only files that exist', () => {
    const missing = relative.filter((one) => !existsSync(join(ROOT, dirname(one.file), one.specifier)));
    expect(missing).toEqual([]);
  });
});
