// Connections as kubectl makes them: TCP, or CONNECT through a proxy, then TLS. Each step has its time, and its own error.
import { request as requestPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestByTls } from 'node:https';
import { connect as connectSocket, isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, getCACertificates } from 'node:tls';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { TroubleshootLimits } from './limits.ts';
import { hostOf, portOf } from './route.ts';
import type { Route } from './route.ts';

/** What kubectl offers for ordinary requests, and for those that it upgrades. */
export const ANY_PROTOCOL = ['h2', 'http/1.1'] as const;
export const UPGRADE_PROTOCOL = ['http/1.1'] as const;

/** The way to the gateway. */
export interface Way {
  readonly route: Route;
  /** With its credentials, where it has any: never shown. */
  readonly proxy?: URL;
  readonly limits: TroubleshootLimits;
}

/** A step that took longer than it may. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** The proxy answered CONNECT with something else than yes. */
export class ProxyAnswerError extends Error {
  override readonly name = 'ProxyAnswerError';
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered CONNECT with ${status}`);
    this.status = status;
  }
}

/** TLS did not come about; `certificate` is what the other side showed before it was refused. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  readonly certificate: DetailedPeerCertificate | undefined;

  constructor(cause: unknown, certificate: DetailedPeerCertificate | undefined) {
    super(cause instanceof Error ? cause.message : 'TLS failed', { cause });
    this.certificate = certificate;
  }
}

export function connectTcp(host: string, port: number, timeoutMs: number): Promise<Socket> {
  const socket = connectSocket({ host, port });
  return settle(socket, 'connect', timeoutMs);
}

/** @throws ProxyAnswerError, TimeoutError, or Node's own where the proxy itself cannot be reached */
export function connectByProxy(proxy: URL, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const send = proxy.protocol === 'https:' ? requestByTls : requestPlain;
  const connect = send({
    host: hostOf(proxy),
    port: portOf(proxy),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      connect.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new TimeoutError('the proxy did not answer in time')), timeoutMs);
    connect.on('error', fail);
    connect.once('response', (answer: IncomingMessage) => fail(new ProxyAnswerError(answer.statusCode ?? 0)));
    connect.once('connect', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      const status = answer.statusCode ?? 0;
      // RFC 9110 §9.3.6: any 2xx. Bytes before our own TLS hello are nobody's.
      if (status < 200 || status > 299 || head.byteLength > 0) {
        socket.destroy();
        return fail(new ProxyAnswerError(status));
      }
      clearTimeout(timer);
      resolve(socket);
    });
    connect.end();
  });
}

/** The gateway's socket below TLS, by whichever way. */
export function connectWay({ route, proxy, limits }: Way): Promise<Duplex> {
  const [host, port] = [hostOf(route.server), portOf(route.server)];
  if (proxy === undefined) return connectTcp(host, port, limits.CONNECT_TIMEOUT_MS);
  return connectByProxy(proxy, host, port, limits.PROXY_ANSWER_TIMEOUT_MS);
}

/** @throws HandshakeError, TimeoutError, or what connectWay throws */
export async function connectSecurely(way: Way, protocols: readonly string[]): Promise<TLSSocket> {
  const { route, limits } = way;
  const host = hostOf(route.server);
  const serverName = route.serverName ?? (isIP(host) === 0 ? host : undefined);
  const below = await connectWay(way);
  const socket = connectTls({
    socket: below,
    host: route.serverName ?? host,
    ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
    ALPNProtocols: [...protocols],
    // kubectl takes the kubeconfig's CA alone; without one the roots of the system.
    ca: route.ca ?? systemRoots(),
  });
  let certificate: DetailedPeerCertificate | undefined;
  // Before Node judges it: a certificate that is refused is what somebody wants to see.
  socket.prependOnceListener('secure', () => {
    certificate = socket.getPeerCertificate(true);
  });
  try {
    return await settle(socket, 'secureConnect', limits.TLS_TIMEOUT_MS);
  } catch (error) {
    below.destroy();
    throw error instanceof TimeoutError ? error : new HandshakeError(error, certificate);
  }
}

function systemRoots(): string[] {
  const roots = getCACertificates('system');
  return roots.length > 0 ? roots : getCACertificates('default');
}

function settle<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  timeoutMs: number,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const closed = (): void =>
      fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    const timer = setTimeout(() => fail(new TimeoutError(`no ${event} in time`)), timeoutMs);
    // Stays: whoever takes the socket does so a moment later.
    socket.on('error', fail);
    socket.once('close', closed);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.removeListener('close', closed);
      resolve(socket);
    });
  });
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}
