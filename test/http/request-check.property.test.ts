import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HttpError,
  checkRequestHead,
  encodeRequestHead,
  filterRequestHeaders,
  isIdentityHeader,
} from '../../http/index.ts';

const separator = fc.constantFrom('-', '_', '.', '', '%2d', '--');
const anyCase = (word: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...word
        .split('')
        .map((char) => fc.constantFrom(char, char.toUpperCase(), `%${char.charCodeAt(0).toString(16)}`)),
    )
    .map((chars) => chars.join(''));

const identityName = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', '-', '_'),
      anyCase('impersonate'),
      separator,
      fc.constantFrom('User', 'group', 'UID', 'Extra-a'),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(anyCase('x'), separator, anyCase('remote'), separator, fc.constantFrom('User', 'group', 'Extra-a'))
    .map((parts) => parts.join('')),
);

const FRAMING = [
  'Host',
  'Connection',
  'Transfer-Encoding',
  'Content-Length',
  'Upgrade',
  'Expect',
  'TE',
  'Cookie',
  'Proxy-X',
];
const OTHERS = [
  'Accept',
  'Authorization',
  'Sec-WebSocket-Protocol',
  'X-Forwarded-For',
  'Audit-Id',
  'content_length',
  ':path',
  'X-Own',
  'Impersonate-User',
  'impersonate-group',
  'Impersonate-Extra-a%2fb',
];
const VALUES = [
  'close',
  'upgrade',
  'chunked',
  '5',
  '0',
  'websocket',
  'a',
  '',
  'a\r\nb',
  'Impersonate-User',
  'base64url.bearer.authorization.k8s.io.dA, a',
];
const rawHeaders = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...FRAMING, ...OTHERS), fc.string({ maxLength: 12 })),
      fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 12 })),
    ),
    { maxLength: 12 },
  )
  .map((pairs) => pairs.flat());

describe('the edge check', () => {
  it('H3: refuses identity headers in every spelling but the exact one', () => {
    const exact = /^impersonate-(?:user|group|uid|extra-a)$/i;
    fc.assert(
      fc.property(identityName, (name) => {
        fc.pre(!exact.test(name));
        const check = (): unknown =>
          checkRequestHead({ httpVersion: '1.1', method: 'GET', rawHeaders: ['Host', 'a', name, 'x'] });
        expect(check).toThrow(expect.objectContaining({ code: 'CC_ERR_HTTP_IDENTITY_HEADER' }));
      }),
      { numRuns: 500 },
    );
  });

  it('lets only typed errors escape, and what it lets pass an agent accepts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('1.1', '2'),
        fc.constantFrom('GET', 'POST'),
        rawHeaders,
        fc.boolean(),
        (httpVersion, method, fields, hasBody) => {
          try {
            const host = fields.includes('Host') ? [] : ['host', 'gw'];
            const checked = checkRequestHead({
              httpVersion,
              method,
              rawHeaders: [...host, ...fields],
              hasBody,
            });
            const names = checked.headers.filter((_, i) => i % 2 === 0);
            for (const name of FRAMING) expect(names).not.toContain(name.toLowerCase());
            expect(checked.bodyLength).toBeGreaterThanOrEqual(-1);
            const head = {
              method,
              target: '/',
              headers: checked.headers,
              bodyLength: checked.bodyLength,
              upgrade: checked.upgrade,
              requestId: 'a',
            };
            encodeRequestHead(head);
            const forwarded = filterRequestHeaders(head);
            expect(forwarded.authorization).toBe(checked.authorization);
            // Whom a client asks to act as is apart from the rest, and complete.
            expect(forwarded.headers.filter((_, i) => i % 2 === 0).filter(isIdentityHeader)).toEqual([]);
            expect(forwarded.asked !== undefined).toBe(checked.asksToActAs);
            expect(forwarded.asked?.headers ?? []).toEqual(
              checked.headers.filter((_, i, all) => isIdentityHeader(all[i - (i % 2)] ?? '')),
            );
            expect(forwarded.asked?.user).not.toBe('');
          } catch (error) {
            if (!(error instanceof HttpError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
