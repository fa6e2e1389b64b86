// How a step looks: its number and purpose, the command, the output, and whether it was as expected. Pure.
import { TEXT_COLUMNS } from '../limits.ts';
import type { Paint } from './paint.ts';
import { printable, seconds, wrap } from './text.ts';

export interface StepResult {
  readonly title: string;
  readonly ms: number;
  /** e.g. `exit code 0`. */
  readonly how: string;
  /** Empty when all was as expected. */
  readonly differences: readonly string[];
  readonly note?: string;
}

export const INDENT = '    ';

export interface Renderer {
  header(number: number, title: string): string;
  command(text: string): string;
  /** One line of output, without its line break. */
  output(line: string): string;
  verdict(result: StepResult): string;
  summary(results: readonly StepResult[]): string;
  /** Text of the demo's own, wrapped. */
  paragraph(text: string): string;
}

/** @param columns of the terminal; the demo's own text never goes beyond TEXT_COLUMNS */
export function createRenderer(paint: Paint, columns: number): Renderer {
  const width = Math.max(40, Math.min(columns, TEXT_COLUMNS));
  const indented = (text: string): readonly string[] =>
    wrap(text, width - INDENT.length).map((line) => `${INDENT}${line}`);
  const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
  return {
    header: (number, title) => {
      const [first = '', ...rest] = wrap(title, width - INDENT.length);
      return lines(
        '',
        paint('bold', `${String(number).padStart(2)}  ${first}`),
        ...rest.map((line) => paint('bold', `${INDENT}${line}`)),
      );
    },
    command: (text) => lines(`${INDENT}${paint('cyan', `$ ${text}`)}`),
    output: (line) => lines(`${INDENT}${printable(line)}`.trimEnd()),
    verdict: ({ ms, how, differences, note }) => {
      const time = `${seconds(ms)}, ${how}`;
      if (differences.length > 0) {
        return lines(
          `${INDENT}${paint('red', 'NOT AS EXPECTED')}  ${time}`,
          ...differences.flatMap((difference) => indented(`- ${difference}`)),
        );
      }
      const notes = note === undefined ? [] : indented(note).map((line) => paint('dim', line));
      return lines(`${INDENT}${paint('green', 'ok')}  ${time}`, ...notes);
    },
    summary: (results) => {
      const failed = results.filter(({ differences }) => differences.length > 0);
      const total = seconds(results.reduce((sum, { ms }) => sum + ms, 0));
      if (failed.length === 0) {
        return lines('', paint('green', `All ${results.length} steps were as expected, in ${total}.`));
      }
      const names = results.flatMap((result, index) =>
        result.differences.length === 0 ? [] : indented(`${index + 1}  ${result.title}`),
      );
      const count = `${failed.length} of ${results.length} steps were not as expected:`;
      return lines('', paint('red', count), ...names);
    },
    paragraph: (text) => lines(...wrap(text, width)),
  };
}
