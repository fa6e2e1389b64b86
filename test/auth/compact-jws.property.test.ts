import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { AuthError } from '../../auth/index.ts';
import { parseCompactJws } from '../../auth/compact-jws.ts';

const RULES = { maxBytes: 4096, algorithms: ['RS256'], types: ['jwt', ''] };
const segment = fc.oneof(
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
  fc
    .record({
      alg: fc.constantFrom('RS256', 'none'),
      kid: fc.string(),
      typ: fc.constantFrom('JWT', 'at+jwt'),
    })
    .map((header) => Buffer.from(JSON.stringify(header)).toString('base64url')),
  fc.base64String(),
  fc.string(),
);

it('only AuthError escapes, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      try {
        const parsed = parseCompactJws(segments.join('.'), RULES);
        expect(parsed.algorithm).toBe('RS256');
        expect(parsed.keyId).toMatch(/^[\w-]{1,128}$/);
      } catch (error) {
        expect(error).toBeInstanceOf(AuthError);
      }
    }),
  );
});
