// A TLS connection to the gateway through an outbound HTTP proxy: CONNECT (RFC 9110 §9.3.6), then TLS inside.
import { request } from 'node:http';
import type { RequestOptions } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { AgentError } from './agent-error.ts';

export interface ProxyTarget {
  readonly proxyUrl: string;
  readonly host: string;
  readonly port: number;
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** @throws AgentError when the proxy refuses; the proxy's credentials are never in the message (CVE-2026-48615) */
export function connectThroughProxy(target: ProxyTarget): Promise<TLSSocket> {
  const proxy = new URL(target.proxyUrl);
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const options: RequestOptions = {
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? 80 : Number(proxy.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    timeout: target.timeoutMs,
    signal: target.signal,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void => {
      reject(new AgentError('CC_ERR_AGENT_PROXY_REFUSED', message, { cause, retryable: true }));
    };
    const connect = request(options);
    connect.once('connect', (answer, socket, head) => {
      if (answer.statusCode !== 200 || head.byteLength > 0) {
        socket.destroy();
        fail(`the outbound proxy ${proxy.host} answered CONNECT with ${answer.statusCode}`);
        return;
      }
      const isAddress = /^[\d.]+$|:/.test(target.host);
      const tls = connectTls({
        socket,
        host: target.host,
        ...(isAddress ? {} : { servername: target.host }),
        ALPNProtocols: ['http/1.1'],
        ...(target.ca === undefined ? {} : { ca: target.ca }),
      });
      tls.once('error', (error) =>
        fail(`TLS with the gateway through the proxy ${proxy.host} failed`, error),
      );
      tls.once('secureConnect', () => resolve(tls));
    });
    connect.once('timeout', () => connect.destroy(new Error('timed out')));
    connect.once('error', (error) => fail(`the outbound proxy ${proxy.host} cannot be reached`, error));
    connect.end();
  });
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}
