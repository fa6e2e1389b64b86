// The connections of auth/ to an authority or to Graph: who is trusted, which way they go, and how much they may bring.
import { getCACertificates } from 'node:tls';
import { Agent, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';

export interface AuthorityDispatcherOptions {
  /** PEM, trusted in addition to the system's roots. */
  readonly authorityCa?: string | undefined;
  /** `http://[user:password@]host:port`, already matched against NO_PROXY. */
  readonly proxyUrl?: string | undefined;
  /** For a connection, for an answer's head, and between two pieces of its body. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly connections: number;
}

/** It follows no redirect: that is an answer like any other which is not 200, so nobody is sent elsewhere. */
export function createAuthorityDispatcher(options: AuthorityDispatcherOptions): Dispatcher {
  const { authorityCa, proxyUrl, timeoutMs, maxResponseBytes, connections } = options;
  const tls = authorityCa === undefined ? {} : { ca: [...getCACertificates('default'), authorityCa] };
  const limits = {
    connections,
    maxResponseSize: maxResponseBytes,
    maxHeaderSize: 16 * 1024,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // A few requests an hour: an idle socket is only a stale one.
    keepAliveTimeout: 1_000,
  };
  return proxyUrl === undefined
    ? new Agent({ ...limits, connect: { ...tls, timeout: timeoutMs } })
    : new ProxyAgent({ ...limits, uri: proxyUrl, requestTls: tls });
}
