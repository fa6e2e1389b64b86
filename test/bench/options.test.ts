import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../../bench/options.ts';

describe('the command line of the bench', () => {
  it.each([[[]], [['--help']], [['small', '-h']]])('%j asks for help', (args) => {
    expect(parseOptions(args)).toBe('help');
  });

  it('has defaults', () => {
    expect(parseOptions(['small'])).toEqual({
      scenario: 'small',
      quick: false,
      client: 'light',
      rounds: undefined,
      cases: [],
      targets: ['direct', 'http-proxy', 'relay'],
      profileDir: undefined,
      out: undefined,
    });
  });

  it('takes what it is given', () => {
    const args =
      'small --quick --rounds 7 --client autocannon --case http1-1 --target relay --prof-dir p --out o';
    expect(parseOptions(args.split(' '))).toEqual({
      scenario: 'small',
      quick: true,
      client: 'autocannon',
      rounds: 7,
      cases: ['http1-1'],
      targets: ['relay'],
      profileDir: 'p',
      out: 'o',
    });
  });

  it.each([
    ['large', /scenario/],
    ['small small', /scenario/],
    ['small --fast', /fast/],
    ['small --rounds 0', /--rounds/],
    ['small --rounds many', /--rounds/],
    ['small --client wrk', /--client/],
    ['small --target nginx', /--target/],
  ])('"%s" is refused, with the reason', (line, reason) => {
    expect(() => parseOptions(line.split(' '))).toThrow(reason);
    expect(() => parseOptions(line.split(' '))).toThrow(UsageError);
  });
});
