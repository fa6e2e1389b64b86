// A TLS connection to the gateway through an outbound HTTP proxy: CONNECT (RFC 9110 §9.3.6), then TLS inside.
import { request } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { AgentError } from './agent-error.ts';

export interface ProxyTarget {
  readonly proxyUrl: string;
  readonly host: string;
  readonly port: number;
  readonly ca?: string;
  /** For both steps together. */
  readonly timeoutMs: number;
  /** Ends the attempt; a connection that was made is the caller's. */
  readonly signal: AbortSignal;
}

/** @throws AgentError when the proxy refuses; the proxy's credentials are never in the message (CVE-2026-48615) */
export function connectThroughProxy(target: ProxyTarget): Promise<TLSSocket> {
  const proxy = new URL(target.proxyUrl);
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  // Neither signal nor timeout of the request's own: Node would keep both on the socket after it is ours.
  const connect = request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? 80 : Number(proxy.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    let tls: TLSSocket | undefined;
    const settle = (): void => {
      clearTimeout(timer);
      target.signal.removeEventListener('abort', giveUp);
    };
    const fail = (message: string, cause?: unknown): void => {
      settle();
      connect.destroy();
      tls?.destroy();
      reject(new AgentError('CC_ERR_AGENT_PROXY_REFUSED', message, { cause, retryable: true }));
    };
    const giveUp = (): void => fail('the dial was given up');
    const timer = setTimeout(
      () => fail(`there was no connection through the outbound proxy ${proxy.host} in time`),
      target.timeoutMs,
    );
    connect.on('error', (error) => fail(`the outbound proxy ${proxy.host} cannot be reached`, error));
    connect.once('response', (answer) => {
      fail(`the outbound proxy ${proxy.host} answered CONNECT with ${answer.statusCode}`);
    });
    connect.once('connect', (answer, socket, head) => {
      socket.on('error', () => undefined);
      const status = answer.statusCode ?? 0;
      // RFC 9110 §9.3.6: any 2xx. Bytes before our own TLS hello are nobody's.
      if (status < 200 || status > 299 || head.byteLength > 0) {
        socket.destroy();
        fail(`the outbound proxy ${proxy.host} answered CONNECT with ${status}`);
        return;
      }
      const isAddress = /^[\d.]+$|:/.test(target.host);
      tls = connectTls({
        socket,
        host: target.host,
        ...(isAddress ? {} : { servername: target.host }),
        ALPNProtocols: ['http/1.1'],
        ...(target.ca === undefined ? {} : { ca: target.ca }),
      });
      const connected = tls;
      connected.on('error', (error) =>
        fail(`TLS with the gateway through the proxy ${proxy.host} failed`, error),
      );
      const cut = (): void => fail(`the outbound proxy ${proxy.host} closed the connection`);
      connected.once('close', cut);
      connected.once('secureConnect', () => {
        settle();
        connected.removeListener('close', cut);
        resolve(connected);
      });
    });
    if (target.signal.aborted) return giveUp();
    target.signal.addEventListener('abort', giveUp, { once: true });
    connect.end();
  });
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}
