import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import { bypassesProxy, proxyFor } from '../../../cli/config/proxy.ts';

const NAME = 'relay.example.com';

describe('bypassesProxy', () => {
  it.each([
    { noProxy: '*', host: NAME },
    { noProxy: NAME, host: NAME },
    { noProxy: 'example.com', host: NAME },
    { noProxy: '.example.com', host: NAME },
    { noProxy: '*.example.com', host: NAME },
    { noProxy: 'EXAMPLE.com.', host: 'Relay.Example.COM.' },
    { noProxy: `${NAME}:8443`, host: NAME },
    { noProxy: ' a.b , ,\texample.com ', host: NAME },
    { noProxy: 'a.b example.com', host: NAME },
    { noProxy: '10.1.2.3', host: '10.1.2.3' },
    { noProxy: '10.1.2.3:8443', host: '10.1.2.3' },
    { noProxy: '10.0.0.0/8', host: '10.1.2.3' },
    { noProxy: '0.0.0.0/0', host: '10.1.2.3' },
    { noProxy: '::1', host: '::1' },
    { noProxy: '[::1]:8443', host: '[::1]' },
    { noProxy: '0:0:0:0:0:0:0:1', host: '::1' },
    { noProxy: 'fd00::/8', host: 'fd12::1' },
  ])('matches $host by $noProxy', ({ noProxy, host }) => {
    expect(bypassesProxy({ host, port: 8443 }, noProxy)).toBe(true);
  });

  it.each([
    { noProxy: '', host: NAME },
    { noProxy: ',, ,', host: NAME },
    { noProxy: 'ample.com', host: NAME },
    { noProxy: '.relay.example.com', host: NAME },
    { noProxy: '*.relay.example.com', host: NAME },
    { noProxy: 'com.example', host: NAME },
    { noProxy: `${NAME}:443`, host: NAME },
    { noProxy: '.', host: NAME },
    { noProxy: '*.', host: NAME },
    { noProxy: 're*y.example.com', host: NAME },
    { noProxy: '10.0.0.0/8', host: '11.0.0.1' },
    { noProxy: '10.0.0.0/33', host: '10.0.0.1' },
    { noProxy: '10.0.0.0/', host: '10.0.0.1' },
    { noProxy: '10.0.0.0/8', host: NAME },
    { noProxy: '0.0.0.1', host: '10.0.0.1' },
    { noProxy: '.0.0.1', host: '10.0.0.1' },
    { noProxy: '::/0', host: '10.0.0.1' },
    { noProxy: '::1:8443', host: '::1' },
    { noProxy: 'localhost', host: '127.0.0.1' },
  ])('does not match $host by $noProxy', ({ noProxy, host }) => {
    expect(bypassesProxy({ host, port: 8443 }, noProxy)).toBe(false);
  });

  it('takes any text and reads a bounded part of it', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        (host, noProxy) => void bypassesProxy({ host, port: 1 }, noProxy),
      ),
    );
    expect(bypassesProxy({ host: NAME, port: 1 }, `${'x,'.repeat(40_000)}*`)).toBe(false);
  });
});

describe('proxyFor', () => {
  const url = `https://${NAME}`;

  it.each([
    { environment: {}, proxy: undefined },
    { environment: { HTTPS_PROXY: '' }, proxy: undefined },
    { environment: { HTTPS_PROXY: 'http://a:1' }, proxy: 'http://a:1' },
    { environment: { https_proxy: 'a:1' }, proxy: 'http://a:1' },
    { environment: { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }, proxy: 'http://a:1' },
    { environment: { HTTP_PROXY: 'http://a:1' }, proxy: undefined },
    { environment: { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'example.com' }, proxy: undefined },
    { environment: { HTTPS_PROXY: 'http://a:1', no_proxy: `${NAME}:443` }, proxy: undefined },
    { environment: { HTTPS_PROXY: 'http://a:1', NO_PROXY: `${NAME}:8443` }, proxy: 'http://a:1' },
  ])('gives $proxy for $environment', ({ environment, proxy }) => {
    expect(proxyFor(url, environment)).toBe(proxy);
  });

  it('L1: refuses a proxy it cannot use without repeating its password', () => {
    const call = () => proxyFor(url, { HTTPS_PROXY: 'socks5://user:canary@proxy:1080' });
    expect(call).toThrow(CliError);
    expect(call).toThrow(expect.objectContaining({ message: expect.not.stringContaining('canary') }));
  });
});
