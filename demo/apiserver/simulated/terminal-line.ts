// The line discipline of a pretend TTY: a client in raw mode sends single keys and expects to see them echoed.

export interface TerminalLine {
  /** What the keys make of the screen, and what becomes input. `ended` is Ctrl-D on an empty line. */
  press(keys: string): { echo: string; input: string; ended: boolean };
}

/** Characters of one line that are kept; more are not echoed. */
const MAX_LINE = 4_096;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACES = new Set(['\u007f', '\b']);

export function createTerminalLine(): TerminalLine {
  let line = '';
  return {
    press(keys) {
      let echo = '';
      let input = '';
      for (const key of keys) {
        if (key === '\r' || key === '\n') {
          echo += '\r\n';
          input += `${line}\n`;
          line = '';
        } else if (key === CTRL_C) {
          echo += '^C\r\n';
          input += '\n';
          line = '';
        } else if (key === CTRL_D) {
          if (line === '') return { echo, input, ended: true };
        } else if (BACKSPACES.has(key)) {
          if (line !== '') echo += '\b \b';
          line = line.slice(0, -1);
        } else if (key >= ' ' && line.length < MAX_LINE) {
          echo += key;
          line += key;
        }
      }
      return { echo, input, ended: false };
    },
  };
}
