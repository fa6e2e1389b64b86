// A real logger whose lines a test can read.
import { createLogger } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';

export interface MemoryLog {
  readonly logger: Logger;
  /** Every line so far, as it would have been written. */
  text(): string;
  /** The lines as what they hold, in order. */
  lines(): Readonly<Record<string, unknown>>[];
  /** The events of the lines, in order. */
  events(): string[];
}

export function memoryLog(): MemoryLog {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return {
    logger: createLogger({ level: 'debug', destination }),
    text: () => lines.join(''),
    lines: () => lines.map((line): Record<string, unknown> => JSON.parse(line)),
    events: () => lines.map((line) => /"event":"([^"]*)"/.exec(line)?.[1] ?? ''),
  };
}
