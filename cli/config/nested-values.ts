// Reads and writes `a.b.c` in plain objects that came from a file: own keys only, so that no name reaches a prototype.

export type Nested = Record<string, unknown>;

export function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readIn(values: Nested, key: string): unknown {
  let current: unknown = values;
  for (const part of key.split('.')) {
    if (!isNested(current) || !Object.hasOwn(current, part)) return undefined;
    current = current[part];
  }
  return current;
}

/** False when something on the way is not an object: the schema then says so. `key` is one of our own. */
export function setIn(values: Nested, key: string, value: unknown): boolean {
  const parts = key.split('.');
  const last = parts.pop();
  if (last === undefined) return false;
  let current = values;
  for (const part of parts) {
    const next = Object.hasOwn(current, part) ? current[part] : undefined;
    if (next === undefined || next === null) {
      const made: Nested = {};
      current[part] = made;
      current = made;
    } else if (isNested(next)) current = next;
    else return false;
  }
  current[last] = value;
  return true;
}

/** A copy without keys that have no value (`listen:` and nothing after it): YAML's null, which counts as not set. */
export function withoutNulls(values: Nested): Nested {
  const set: Nested = Object.create(null);
  for (const [name, value] of Object.entries(values)) {
    if (value !== null) set[name] = isNested(value) ? withoutNulls(value) : value;
  }
  return set;
}
