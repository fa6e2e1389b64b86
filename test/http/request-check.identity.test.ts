import { describe, expect, it } from 'vitest';
import { check, code, h1, h2 } from './received.ts';

describe('identity from outside', () => {
  const names = [
    'Impersonate_User',
    'impersonate_user',
    'Impersonate-Users',
    'Impersonate-Groups',
    'Impersonate-',
    'Impersonate-Extra',
    'Impersonate-Extra-',
    'Impersonate_Extra_scopes',
    'Impersonate-Extra-%73copes',
    'Impersonate-Extra-a%2',
    'Impersonate-Extra-a%zz',
    'Impersonate-Extra-%41',
    'Impersonate-Extra-a%0ab',
    'Impersonate-Extra-%20a',
    'Impersonate-Extra-%ff',
    'Impersonate-Extra-%ef%bb%bfa%',
    'Impersonate.User',
    '%49mpersonate-User',
    'Imperson%61te-User',
    'Impersonate%2DUser',
    '-Impersonate-User',
    '_impersonate_user',
    'ImpersonateUser',
    'X-Remote-User',
    'x-remote-group',
    'X_Remote_Extra_a',
    'X-Remote-Uid',
    'x%2dremote-user',
    '%58-Remote-User',
    'X-REMOTE-USER',
  ];

  it.each(names)('H3: %s is refused', (name) => {
    expect(code(h1([name, 'system:admin']))).toBe('CC_ERR_HTTP_IDENTITY_HEADER');
    expect(code(h1([name, '']))).toBe('CC_ERR_HTTP_IDENTITY_HEADER');
    expect(code(h1([name, 'a', name, 'b']))).toBe('CC_ERR_HTTP_IDENTITY_HEADER');
    expect(code(h2([name.toLowerCase(), 'system:admin']))).toBe('CC_ERR_HTTP_IDENTITY_HEADER');
    expect(code(h1(['Connection', 'Upgrade', 'Upgrade', 'websocket', name, 'x']))).toBe(
      'CC_ERR_HTTP_IDENTITY_HEADER',
    );
  });

  it.each([
    'Impersonate-User ',
    ' Impersonate-User',
    'Impersonate-User\t',
    'Impersonate-User:',
    'Impersonate-U\u017fer',
    '',
  ])('S3, H3: the name %j is no token', (name) => {
    expect(code(h1([name, 'system:admin']))).toBe('CC_ERR_HTTP_BAD_HEADER');
  });

  it.each([
    'X-Own',
    'If-Match',
    'i',
    'x',
    'X-Request-Id',
    'Remote-User-Agent',
    'x-stream-protocol-version',
    '~',
    'imp',
    '%69d',
  ])('H3: %s is somebody else', (name) => {
    expect(check(h1([name, 'v'])).headers).toEqual([name.toLowerCase(), 'v']);
  });

  it.each([
    'Cookie',
    'Cookie2',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X_Forwarded_For',
    'X-Forwarded-User',
    'X-Real-Ip',
    'x_real_ip',
    'Proxy',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Proxy-Anything',
    'Audit-Id',
    'audit_id',
    'Trailer',
    'HTTP2-Settings',
    'Keep-Alive',
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'X-Rewrite-Url',
    'True-Client-Ip',
    'Early-Data',
    '%63ookie',
  ])('H3: %s never passes', (name) => {
    expect(check(h1([name, 'v', 'Accept', 'a'])).headers).toEqual(['accept', 'a']);
  });

  it.each(['https://evil.example', 'null', '', 'https://app.example.evil', 'HTTPS://APP.EXAMPLE'])(
    'R5: the origin %j is refused',
    (origin) => {
      const policy = { allowedOrigins: new Set(['https://app.example']) };
      expect(code(h1(['Origin', origin]), policy)).toBe('CC_ERR_HTTP_ORIGIN_REFUSED');
      expect(code(h1(['Origin', origin]))).toBe('CC_ERR_HTTP_ORIGIN_REFUSED');
      expect(code(h1(['Origin', origin]), {})).toBe('CC_ERR_HTTP_ORIGIN_REFUSED');
    },
  );

  it('R5: an allowed origin passes, and is not forwarded', () => {
    const policy = { allowedOrigins: new Set(['https://app.example']) };
    expect(check(h1(['Origin', 'https://app.example']), policy).headers).toEqual([]);
  });
});
