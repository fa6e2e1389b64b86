import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import { parseServiceAccountToken, tokenWarning } from '../../../cli/kubeconfig/service-account-token.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const DAY_S = 86_400;
const NOW_S = NOW_MS / 1000;
const SUBJECT = 'system:serviceaccount:shop:deployer';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: unknown, head: unknown = { alg: 'RS256' }): string =>
  `${part(head)}.${part(claims)}.c2lnbmF0dXJl`;

describe('parseServiceAccountToken', () => {
  it('takes a token as kubectl prints it, with its line break', () => {
    const token = jwt({ sub: SUBJECT, exp: NOW_S + 90 * DAY_S });
    expect(parseServiceAccountToken(`${token}\n`, NOW_MS)).toEqual({
      token,
      subject: SUBJECT,
      expiresAtMs: NOW_MS + 90 * DAY_S * 1000,
    });
  });

  it.each([
    { what: 'nothing', text: '', says: 'is no JSON Web Token' },
    { what: 'a word', text: 'secret-canary', says: 'is no JSON Web Token' },
    {
      what: 'two tokens',
      text: `${jwt({ sub: SUBJECT })}\n${jwt({ sub: SUBJECT })}`,
      says: 'is no JSON Web Token',
    },
    { what: 'a list for claims', text: jwt([SUBJECT]), says: 'is no JSON Web Token' },
    { what: 'a head that is none', text: jwt({ sub: SUBJECT }, 7), says: 'is no JSON Web Token' },
    { what: 'one part too many', text: `${jwt({ sub: SUBJECT })}.AAAA`, says: 'is no JSON Web Token' },
    {
      what: 'too long a token',
      text: jwt({ sub: SUBJECT, pad: 'x'.repeat(16_384) }),
      says: 'is no JSON Web Token',
    },
    {
      what: 'an Entra token',
      text: jwt({ sub: 'aaaa', oid: 'bbbb', exp: NOW_S + 60 }),
      says: 'is not of a ServiceAccount',
    },
    { what: 'no subject', text: jwt({ exp: NOW_S + 60 }), says: 'is not of a ServiceAccount' },
    {
      what: 'a subject with a line break',
      text: jwt({ sub: `${SUBJECT}\nx` }),
      says: 'is not of a ServiceAccount',
    },
    {
      what: 'an expired token',
      text: jwt({ sub: SUBJECT, exp: NOW_S }),
      says: 'has expired at 2026-01-01T00:00:00Z',
    },
    {
      what: 'a text as expiry',
      text: jwt({ sub: SUBJECT, exp: '1' }),
      says: 'has an expiry that is no time',
    },
    {
      what: 'no date as expiry',
      text: jwt({ sub: SUBJECT, exp: 1e300 }),
      says: 'has an expiry that is no time',
    },
  ])('refuses $what, and quotes nothing of it', ({ text, says }) => {
    const refuse = (): unknown => parseServiceAccountToken(text, NOW_MS);
    expect(refuse).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_CLI_TOKEN_FILE_INVALID',
        message: `the token of --token-file ${says}`,
        advice: expect.not.stringContaining('canary'),
      }),
    );
  });

  it('gives a token or a CliError for any text', () => {
    const claims = fc.record({ sub: fc.oneof(fc.constant(SUBJECT), fc.string()), exp: fc.anything() });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          claims.map((value) => jwt(value)),
        ),
        (text) => {
          try {
            expect(parseServiceAccountToken(text, NOW_MS).subject).toBe(SUBJECT);
          } catch (error) {
            expect(error).toBeInstanceOf(CliError);
          }
        },
      ),
    );
  });
});

describe('tokenWarning', () => {
  it.each([
    { what: 'for good', exp: undefined, warning: expect.stringContaining('never expires') },
    {
      what: 'for an hour',
      exp: NOW_S + 3600,
      warning: expect.stringContaining('soon, at 2026-01-01T01:00:00Z'),
    },
    { what: 'for a week', exp: NOW_S + 7 * DAY_S, warning: expect.stringContaining('expires soon') },
    { what: 'for longer', exp: NOW_S + 7 * DAY_S + 1, warning: undefined },
  ])('of a token that is good $what', ({ exp, warning }) => {
    const token = parseServiceAccountToken(
      jwt({ sub: SUBJECT, ...(exp === undefined ? {} : { exp }) }),
      NOW_MS,
    );
    expect(tokenWarning(token, NOW_MS)).toEqual(warning);
  });
});
