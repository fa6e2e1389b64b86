import { describe, expect, it } from 'vitest';
import { createPaint, wantsColour } from '../../../demo/tour/paint.ts';
import { createRenderer } from '../../../demo/tour/render.ts';
import type { StepResult } from '../../../demo/tour/render.ts';

const plain = createRenderer(createPaint(false), 100);
const GOOD: StepResult = { title: 'List.', ms: 1234, how: 'exit code 0', differences: [] };
const BAD: StepResult = {
  title: 'Watch.',
  ms: 10,
  how: 'exit code 1',
  differences: ['exit code 1 instead of 0'],
};

describe('a step of the tour', () => {
  it('shows its number and purpose, its command, its output and its verdict, aligned', () => {
    const text = [
      plain.header(3, 'List.'),
      plain.command('kubectl get pods'),
      plain.output('NAME   READY'),
      plain.verdict({ ...GOOD, note: 'Look at it.' }),
    ].join('');
    expect(text).toBe(
      '\n 3  List.\n    $ kubectl get pods\n    NAME   READY\n    ok  1.23 s, exit code 0\n    Look at it.\n',
    );
  });

  it('says what is not as expected', () => {
    expect(plain.verdict(BAD)).toBe(
      '    NOT AS EXPECTED  0.01 s, exit code 1\n    - exit code 1 instead of 0\n',
    );
  });

  it('is no wider than the terminal, but for commands and output', () => {
    const narrow = createRenderer(createPaint(false), 50);
    const text = `${narrow.header(1, 'word '.repeat(40).trim())}${narrow.verdict({ ...GOOD, note: 'word '.repeat(40).trim() })}`;
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
    const command = `kubectl ${'x'.repeat(80)}`;
    expect(narrow.command(command)).toBe(`    $ ${command}\n`);
  });

  it('leaves no blank at the end of an empty line of output', () => {
    expect(plain.output('')).toBe('\n');
  });
});

describe('the end of the tour', () => {
  it('counts the steps and adds up their times', () => {
    expect(plain.summary([GOOD, GOOD])).toBe('\nAll 2 steps were as expected, in 2.47 s.\n');
  });

  it('names the steps that failed, by number and purpose', () => {
    expect(plain.summary([GOOD, BAD])).toBe('\n1 of 2 steps were not as expected:\n    2  Watch.\n');
  });
});

describe('colours', () => {
  it('are there only on a terminal, without NO_COLOR', () => {
    expect(wantsColour(true, { TERM: 'xterm' })).toBe(true);
    expect(wantsColour(true, { TERM: 'xterm', NO_COLOR: '' })).toBe(true);
    expect(wantsColour(true, { TERM: 'xterm', NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour(false, { TERM: 'xterm' })).toBe(false);
  });

  it('are escape sequences around the text', () => {
    expect(createPaint(true)('green', 'ok')).toBe('\u001b[32mok\u001b[39m');
    expect(createPaint(false)('green', 'ok')).toBe('ok');
  });
});
