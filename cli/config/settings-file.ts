// The YAML settings file: bounded, strict about duplicate keys and aliases, and able to say on which line a key is.
import { LineCounter, isMap, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { isNested } from './nested-values.ts';
import type { Nested } from './nested-values.ts';

export interface SettingsFile {
  readonly path: string | undefined;
  readonly values: Nested;
  readonly problems: readonly string[];
  /** `:12` for a key such as `access[0].role`, or its nearest parent; empty when it is not there. */
  lineOf(key: string): string;
}

const MAX_ALIASES = 100;

export function readSettingsFile(path: string | undefined): SettingsFile {
  if (path === undefined) return settings(path, {}, []);
  const file = readBoundedFile(path, FILE_LIMITS.settings);
  if (!('text' in file)) return settings(path, {}, [`${path} ${describeFault(file)}`]);
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults = document.errors.map((error) => {
    return `${path}:${lines.linePos(error.pos[0]).line}: is not valid YAML (${error.message})`;
  });
  if (faults.length > 0) return settings(path, {}, faults);
  return fromDocument(path, document, lines);
}

function fromDocument(path: string, document: Document, lines: LineCounter): SettingsFile {
  if (document.contents === null) return settings(path, {}, []);
  if (!isMap(document.contents)) return settings(path, {}, [`${path} must hold keys and values`]);
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return settings(path, {}, [`${path} uses more aliases (*name) than a settings file needs`]);
  }
  return {
    ...settings(path, isNested(values) ? values : {}, []),
    lineOf(key) {
      const parts = key.split(/[.[\]]+/).filter((part) => part !== '');
      for (; parts.length > 0; parts.pop()) {
        const steps = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
        const node = document.getIn(steps, true);
        const start = isNode(node) ? node.range?.[0] : undefined;
        if (start !== undefined) return `:${lines.linePos(start).line}`;
      }
      return '';
    },
  };
}

function settings(path: string | undefined, values: Nested, problems: readonly string[]): SettingsFile {
  return { path, values, problems, lineOf: () => '' };
}
