// Colours, where they are wanted: on a terminal, and not with NO_COLOR (no-color.org).
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan';
export type Paint = (style: Style, text: string) => string;

export function createPaint(enabled: boolean): Paint {
  return enabled
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
}

export function wantsColour(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const noColour = environment['NO_COLOR'] ?? '';
  return isTerminal && noColour === '' && environment['TERM'] !== 'dumb';
}
