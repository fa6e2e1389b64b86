// The generated parts of a document: what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is made anew, and
// the prose around it stays as it was written. Pure.

const MARKER = /^<!-- (\/?)bench:([a-z0-9-]+) -->$/;

interface Block {
  readonly name: string;
  /** Index of the line of the opening marker, and of the closing one. */
  readonly from: number;
  readonly to: number;
}

/** The names in the order of the document. @throws Error that says which marker is wrong, and in which line */
export function blockNames(text: string): readonly string[] {
  return findBlocks(text.split('\n')).map(({ name }) => name);
}

/**
 * @param contents what each block is to hold, without a line break at the end
 * @throws Error for a block that the document does not have, one of the document without contents, and wrong markers
 */
export function replaceBlocks(text: string, contents: ReadonlyMap<string, string>): string {
  const lines = text.split('\n');
  const blocks = findBlocks(lines);
  const missing = [...contents.keys()].filter((name) => blocks.every((block) => block.name !== name));
  if (missing.length > 0) {
    const markers = missing.map((name) => `${opening(name)} … ${closing(name)}`).join(', ');
    throw new Error(`the document has no place for: ${markers}`);
  }
  let next = 0;
  const parts: string[] = [];
  for (const { name, from, to } of blocks) {
    const content = contents.get(name);
    if (content === undefined) throw new Error(`line ${from + 1}: nothing is generated for ${opening(name)}`);
    parts.push(...lines.slice(next, from + 1), '', content, '');
    next = to;
  }
  return [...parts, ...lines.slice(next)].join('\n');
}

function findBlocks(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly name: string; readonly from: number } | undefined;
  lines.forEach((line, index) => {
    const match = MARKER.exec(line);
    if (match === null) return;
    const name = match[2] ?? '';
    const isClosing = match[1] === '/';
    if (isClosing !== (open !== undefined) || (open !== undefined && open.name !== name)) {
      throw new Error(
        `line ${index + 1}: ${line} ${open === undefined ? 'closes nothing' : `comes before ${closing(open.name)}`}`,
      );
    }
    if (open === undefined) {
      if (blocks.some((block) => block.name === name)) {
        throw new Error(`line ${index + 1}: ${line} is there twice`);
      }
      open = { name, from: index };
    } else {
      blocks.push({ ...open, to: index });
      open = undefined;
    }
  });
  if (open !== undefined) throw new Error(`line ${open.from + 1}: ${opening(open.name)} is never closed`);
  return blocks;
}

function opening(name: string): string {
  return `<!-- bench:${name} -->`;
}

function closing(name: string): string {
  return `<!-- /bench:${name} -->`;
}
