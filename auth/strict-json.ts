// JSON objects in which no name occurs twice: readers that differ on "which one wins" read two different tokens
// (facts: J5, CVE-2022-2385). Names that differ in case only count as the same: Go's reader takes them so.

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON text whose top level is an object (facts: J6, a payload that is an array skips every claim check).
 *
 * @returns undefined for anything else: bad JSON, another top level, a repeated name, deeper than `maxDepth`
 */
export function parseStrictObject(text: string, maxDepth: number): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || hasRepeatedName(text, maxDepth)) return undefined;
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks a text that JSON.parse has accepted, so that only strings and braces need a look. */
function hasRepeatedName(text: string, maxDepth: number): boolean {
  // One entry for each open brace or bracket: the names seen in that object, or undefined in an array.
  const open: (Set<string> | undefined)[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '{' || character === '[') {
      if (open.length === maxDepth) return true;
      open.push(character === '{' ? new Set() : undefined);
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, index);
      const names = open.at(-1);
      if (names !== undefined && isName(text, end)) {
        const name = String(JSON.parse(text.slice(index, end))).toLowerCase();
        if (names.has(name)) return true;
        names.add(name);
      }
      index = end - 1;
    }
  }
  return false;
}

/** The index just past the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

/** Only a name is followed by a colon. */
function isName(text: string, end: number): boolean {
  let index = end;
  while (/\s/.test(text.charAt(index))) index += 1;
  return text[index] === ':';
}
