// L1: what reaches a log line never holds a credential, whatever the field is called.
import { describe, expect, it } from 'vitest';
import { redactFields, redactText } from '../../observe/index.ts';

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

describe('redactText', () => {
  it.each([
    ['a token', `got ${JWT} from`, 'got [redacted] from'],
    ['a bearer value', 'Bearer abc.def', 'Bearer [redacted]'],
    ['basic credentials', 'Basic dXNlcjpwYXNz', 'Basic [redacted]'],
    [
      'a bearer subprotocol',
      'v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.YWJj',
      'v4.channel.k8s.io, [redacted]',
    ],
    ['a join token', 'token ccjt_AAAABBBBCCCCDDDD used', 'token [redacted] used'],
    ['a proxy URL', 'http://user:secret@proxy:3128/', 'http://[redacted]@proxy:3128/'],
    ['an ordinary text', 'the tunnel closed with 1006', 'the tunnel closed with 1006'],
  ])('takes out %s', (_name, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});

describe('redactFields', () => {
  it.each([
    'authorization',
    'Authorization',
    'joinToken',
    'clientSecret',
    'password',
    'cookie',
    'Set-Cookie',
    'assertion',
    'privateKey',
    'private_key',
    'sec-websocket-protocol',
    'body',
  ])('takes out the field %s whatever it holds', (name) => {
    expect(redactFields({ [name]: 'innocent' })).toEqual({ [name]: '[redacted]' });
  });

  it('keeps what is no secret', () => {
    const fields = { cluster: 'edge-1', status: 502, ok: true, nothing: undefined, list: ['a', 1] };
    expect(redactFields(fields)).toEqual(fields);
  });

  it('looks into errors, their causes, arrays and objects', () => {
    const error = new Error(`failed with ${JWT}`, { cause: { password: 'x', note: `Bearer ${JWT}` } });
    const text = JSON.stringify(redactFields({ error, nested: { list: [{ token: 'x' }, JWT] } }));
    expect(text).not.toContain(JWT);
    expect(text).not.toContain('"x"');
    expect(text).toContain('failed with [redacted]');
  });

  it('says how many bytes there were instead of showing them', () => {
    expect(redactFields({ chunk: Buffer.from('secret') })).toEqual({ chunk: '[6 bytes]' });
  });

  it('ends on something that is deep or round', () => {
    const round: Record<string, unknown> = {};
    round['self'] = round;
    expect(JSON.stringify(redactFields(round))).toContain('[deep]');
  });
});
