// The pure parts of get-token that are too small for a file each.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAssertion } from '../../../cli/token/federated-assertion.ts';
import { parseGoDuration } from '../../../cli/token/go-duration.ts';
import { parseLoopbackUrl } from '../../../cli/token/loopback-url.ts';
import { browserOpener } from '../../../cli/token/open-browser.ts';
import { parsePopClaims } from '../../../cli/token/pop/pop-claims.ts';

describe('a time of Go', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250ms', 250],
    ['1h0m0.001s', 3_600_001],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseGoDuration(text)).toBe(milliseconds);
  });

  it.each(['', '30', 's', '-1s', '1s2', '1 s', '1S', '1d', 'x1s', '.s', '1'.repeat(41)])(
    'is not %j',
    (text) => {
      expect(parseGoDuration(text)).toBeUndefined();
    },
  );
});

describe('the address of the loopback listener', () => {
  it.each([
    ['http://localhost', 'http://localhost/'],
    ['HTTP://LOCALHOST:8400/', 'http://localhost:8400/'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1/'],
    ['http://[::1]:9000/back', 'http://[::1]:9000/back'],
  ])('may be %s', (text, address) => {
    expect(parseLoopbackUrl(text)).toBe(address);
  });

  it('is of this machine, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string().map((text) => `http://localhost${text}`),
        ),
        (text) => {
          const address = parseLoopbackUrl(text);
          if (address === undefined) return;
          expect(['localhost', '127.0.0.1', '[::1]']).toContain(new URL(address).hostname);
          expect(new URL(address)).toMatchObject({ protocol: 'http:', username: '', search: '', hash: '' });
        },
      ),
    );
  });
});

describe('the opener of the platform', () => {
  const URL_TEXT = 'https://login.example/authorize?a=b&c=d';
  it.each([
    { platform: 'darwin', environment: {}, opener: { command: 'open', args: [URL_TEXT] } },
    {
      platform: 'win32',
      environment: {},
      opener: {
        command: 'C:\\Windows\\System32\\rundll32.exe',
        args: ['url.dll,FileProtocolHandler', URL_TEXT],
      },
    },
    {
      platform: 'linux',
      environment: { WAYLAND_DISPLAY: 'w' },
      opener: { command: 'xdg-open', args: [URL_TEXT] },
    },
    { platform: 'linux', environment: {}, opener: undefined },
  ] as const)('is $opener.command on $platform', ({ platform, environment, opener }) => {
    expect(browserOpener(URL_TEXT, environment, platform)).toEqual(opener);
  });
});

describe('--pop-claims', () => {
  it('takes a cluster, with blanks around, and equal signs in it', () => {
    expect(parsePopClaims(' u = /subscriptions/1/x=y ')).toEqual({ cluster: '/subscriptions/1/x=y' });
  });

  it('throws nothing but what is wrong with it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parsePopClaims(text).cluster).toMatch(/^[\x21-\x7e]+$/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CC_ERR_CLI_USAGE' });
        }
      }),
    );
  });
});

it.each([
  ['a.b.c', true],
  ['a.b', false],
  ['a.b.c.d', false],
  ['a.b.c\n', false],
  ['', false],
  [`a.${'b'.repeat(16_384)}.c`, false],
])('%.20j looks like a token: %s', (text, looks) => {
  expect(isAssertion(text)).toBe(looks);
});
