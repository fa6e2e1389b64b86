import { describe, expect, it } from 'vitest';
import { checkedToken, throwSignInError } from '../../../cli/token/sign-in-error.ts';

const REQUEST = { authorityHost: 'https://login.example' };

const oauth = (errorCode: string, message = ''): Error => Object.assign(new Error(message), { errorCode });
const system = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('throwSignInError', () => {
  it.each([
    {
      error: oauth('invalid_client', 'AADSTS7000222: expired'),
      names: 'AADSTS7000222',
      advice: 'has expired',
    },
    { error: oauth('x', 'AADSTS99999999: new'), names: 'AADSTS99999999', advice: '--tenant, --client-id' },
    { error: oauth('invalid_scope'), names: 'invalid_scope', advice: '--scope' },
    { error: oauth('authorization_declined'), names: 'authorization_declined', advice: 'accept the sign-in' },
    { error: new Error('?'), names: 'unknown', advice: '--tenant' },
    { error: 'text', names: 'unknown', advice: '--tenant' },
  ])('says what to do for $names', ({ error, names, advice }) => {
    expect(() => throwSignInError(error, REQUEST)).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_CLI_SIGN_IN_FAILED',
        message: `the sign-in at https://login.example failed (${names})`,
        advice: expect.stringContaining(advice),
      }),
    );
  });

  it.each([
    { error: system('ENOTFOUND'), code: 'ENOTFOUND', advice: 'HTTPS_PROXY' },
    {
      error: new Error('x', { cause: system('UND_ERR_CONNECT_TIMEOUT') }),
      code: 'UND_ERR_CONNECT_TIMEOUT',
      advice: 'network',
    },
    {
      error: system('SELF_SIGNED_CERT_IN_CHAIN'),
      code: 'SELF_SIGNED_CERT_IN_CHAIN',
      advice: '--authority-ca',
    },
  ])('tells the network from a refusal: $code', ({ error, code, advice }) => {
    expect(() => throwSignInError(error, REQUEST)).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
        message: expect.stringContaining(`(${code})`),
        advice: expect.stringContaining(advice),
      }),
    );
  });

  it('names the place that was asked, and what can be done there', () => {
    const place = { name: 'the endpoint', unreachableAdvice: 'Plug it in', refusedAdvice: 'Ask politely' };
    expect(() => throwSignInError(system('ECONNREFUSED'), REQUEST, place)).toThrow(
      expect.objectContaining({
        message: 'the endpoint could not be asked for a token (ECONNREFUSED)',
        advice: 'Plug it in',
      }),
    );
    expect(() => throwSignInError(oauth('odd'), REQUEST, place)).toThrow(
      expect.objectContaining({
        message: 'the sign-in at the endpoint failed (odd)',
        advice: 'Ask politely',
      }),
    );
  });

  it('tells a request that took too long in all', () => {
    const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    expect(() => throwSignInError(error, REQUEST)).toThrow(/could not be asked for a token \(ETIMEDOUT\)/);
  });

  it('L1: repeats nothing of what the server said besides its code', () => {
    const error = oauth('invalid_grant', 'AADSTS50034: canary@contoso.com does not exist');
    expect(() => throwSignInError(error, REQUEST)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });
});

describe('checkedToken', () => {
  it.each([
    null,
    { accessToken: '', expiresOn: new Date() },
    { accessToken: 'a b', expiresOn: new Date() },
    { accessToken: 'a', expiresOn: null },
    { accessToken: 'a', expiresOn: new Date(Number.NaN) },
  ])('refuses %j', (result) => {
    expect(() => checkedToken(result, REQUEST)).toThrow(/no usable access token/);
  });
});
