// Markdown as Prettier leaves it, so that a generated document passes the check that the written ones do. Pure.
import { formatNumber } from './table.ts';
import type { Cell } from './table.ts';

/** Shorter delimiters are no delimiters. */
const MIN_WIDTH = 3;

/** A column with numbers is aligned to the right; words are Markdown, so those of others are escaped by whoever hands them over. */
export function markdownTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [header, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)),
  );
  const isNumeric = header.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const widths = header.map((_, column) =>
    Math.max(MIN_WIDTH, ...texts.map((row) => (row[column] ?? '').length)),
  );
  const delimiter = widths.map((width, column) =>
    isNumeric[column] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(' | ')} |`;
  const [head = [], ...body] = texts;
  return [line(head), line(delimiter), ...body.map(line)].join('\n');
}

/** What a reader opens when they want to see all of it. */
export function folded(summary: string, content: string): string {
  return `<details>\n<summary>${escapeText(summary)}</summary>\n\n${content}\n\n</details>`;
}

export function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${escapeText(line)}`).join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '*': '&#42;',
  '`': '&#96;',
  '[': '&#91;',
  '\\': '&#92;',
  '|': '&#124;',
};

/** Text that comes from elsewhere, such as the message of an error: it is to be read, not rendered. */
export function escapeText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[&<*`[\\|]/g, (mark) => ENTITIES[mark] ?? mark);
}
