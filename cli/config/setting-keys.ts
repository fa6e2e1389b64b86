// The list of settings of a schema, each with its name in the file, in the environment and on the command line.
import { z } from 'zod';

/** What a file-valued setting must hold; read and checked at start, so that a wrong path is named at once. */
export type FileContent = 'certificates' | 'private key' | 'secret';

export interface SettingKey {
  /** The path in the file, such as `entra.tenants`. */
  readonly key: string;
  readonly environment: string;
  /** Undefined for what does not belong on a command line: secrets and rules. */
  readonly flag: string | undefined;
  readonly kind: 'text' | 'number' | 'list' | 'rules';
  readonly description: string;
  /** A path that is made absolute. */
  readonly isPath: boolean;
  readonly holds: FileContent | undefined;
  /** The file may be gone: what it held is needed only once. */
  readonly mayBeMissing: boolean;
}

export interface SettingNote {
  readonly description: string;
  readonly noFlag?: boolean;
  /** A path that is made absolute but not read. */
  readonly relative?: boolean;
  readonly holds?: FileContent;
  readonly mayBeMissing?: boolean;
}

/** What the schemas say about each leaf besides its type. */
export const settingNotes = z.registry<SettingNote>();

export const ENVIRONMENT_PREFIX = 'CLUSTER_CONNECT_';

/** Every leaf of the schema, in its order. */
export function settingKeys(schema: z.ZodObject): SettingKey[] {
  return leaves(schema, []);
}

function leaves(schema: z.ZodObject, parents: readonly string[]): SettingKey[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = unwrap(field);
    const path = [...parents, name];
    return inner instanceof z.ZodObject ? leaves(inner, path) : [leaf(path, field, inner)];
  });
}

function leaf(path: readonly string[], field: z.core.$ZodType, inner: z.core.$ZodType): SettingKey {
  const note = settingNotes.get(field);
  const words = path.map((part) => part.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  return {
    key: path.join('.'),
    environment: ENVIRONMENT_PREFIX + words.join('_').replaceAll('-', '_').toUpperCase(),
    flag: note?.noFlag === true ? undefined : `--${words.join('-')}`,
    kind: kindOf(inner),
    description: note?.description ?? '',
    isPath: note?.relative === true || note?.holds !== undefined,
    holds: note?.holds,
    mayBeMissing: note?.mayBeMissing === true,
  };
}

function kindOf(inner: z.core.$ZodType): SettingKey['kind'] {
  if (inner instanceof z.ZodNumber) return 'number';
  if (!(inner instanceof z.ZodArray)) return 'text';
  return unwrap(inner.element) instanceof z.ZodObject ? 'rules' : 'list';
}

function unwrap(field: z.core.$ZodType): z.core.$ZodType {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodPrefault) {
    return unwrap(field.unwrap());
  }
  return field instanceof z.ZodPipe ? unwrap(field.in) : field;
}
