import { describe, expect, it } from 'vitest';
import { helpText, isToKeep, parseOptions, UsageError } from '../../bench/options.ts';
import type { RunOptions } from '../../bench/options.ts';
import { ROUTES } from '../../bench/routes/index.ts';

const SCENARIOS = [
  { name: 'small', title: 'small answers', cases: ['http1-1', 'http1-32'] },
  { name: 'lists', title: 'lists', cases: ['http1-32'] },
  { name: 'soak', title: 'a million requests' },
];

function parse(line: string) {
  return parseOptions(line === '' ? [] : line.split(' '), SCENARIOS);
}

const WHOLE: RunOptions = {
  command: 'run',
  scenarios: ['small', 'lists', 'soak'],
  quick: false,
  client: 'light',
  rounds: undefined,
  cases: [],
  routes: ROUTES,
  profileDir: undefined,
  out: undefined,
};

describe('the command line of the bench', () => {
  it('runs everything when nothing is named', () => {
    expect(parse('')).toEqual(WHOLE);
  });

  it('takes what it is given, in the order of the list of all', () => {
    const line = 'lists small --quick --rounds 7 --client autocannon --route relay --prof-dir p --out o';
    expect(parse(line)).toEqual({
      command: 'run',
      scenarios: ['small', 'lists'],
      quick: true,
      client: 'autocannon',
      rounds: 7,
      cases: [],
      routes: ['relay'],
      profileDir: 'p',
      out: 'o',
    });
  });

  it.each([
    { line: '--case http1-32', scenarios: ['small', 'lists'] },
    { line: '--case http1-1', scenarios: ['small'] },
    { line: 'lists small --case http1-1 --case http1-32', scenarios: ['small', 'lists'] },
  ])('"$line" runs the scenarios that have such a case', ({ line, scenarios }) => {
    expect(parse(line)).toMatchObject({ scenarios });
  });

  it.each([
    { line: '--help', command: { command: 'help' } },
    { line: 'small -h', command: { command: 'help' } },
    { line: 'compare a b', command: { command: 'compare', before: 'a', after: 'b' } },
    { line: 'profile p', command: { command: 'profile', profileDir: 'p' } },
    { line: 'report', command: { command: 'report' } },
  ])('"$line" is a command of its own', ({ line, command }) => {
    expect(parse(line)).toEqual(command);
  });

  it.each([
    ['large', /scenario "large"/],
    ['small --fast', /fast/],
    ['small --rounds 0', /--rounds/],
    ['small --rounds many', /--rounds/],
    ['small --client wrk', /--client/],
    ['small --route squid', /--route/],
    ['small --case http3', /--case/],
    ['lists --case http1-1', /--case/],
    ['soak --case http1-1', /--case/],
    ['compare a', /compare/],
    ['compare a b c', /compare/],
    ['profile', /profile/],
    ['report now', /report/],
  ])('"%s" is refused, with the reason', (line, reason) => {
    expect(() => parse(line)).toThrow(reason);
    expect(() => parse(line)).toThrow(UsageError);
  });

  it.each(SCENARIOS)('--help names $name', ({ name, title }) => {
    expect(helpText(SCENARIOS)).toMatch(new RegExp(`^  ${name} +${title}$`, 'm'));
  });
});

describe('a result', () => {
  it.each<{ what: string; changed: Partial<RunOptions>; kept: boolean }>([
    { what: 'of a whole run', changed: {}, kept: true },
    { what: 'of one scenario', changed: { scenarios: ['small'] }, kept: true },
    { what: 'of three rounds', changed: { rounds: 3 }, kept: true },
    { what: 'of two rounds', changed: { rounds: 2 }, kept: false },
    { what: 'of a quick run', changed: { quick: true }, kept: false },
    { what: 'of one case', changed: { cases: ['http1-1'] }, kept: false },
    { what: 'of one route', changed: { routes: ['relay'] }, kept: false },
    { what: 'under a profiler', changed: { profileDir: 'p' }, kept: false },
    { what: 'by another client', changed: { client: 'autocannon' }, kept: false },
  ])('$what is kept: $kept', ({ changed, kept }) => {
    expect(isToKeep({ ...WHOLE, ...changed })).toBe(kept);
  });
});
