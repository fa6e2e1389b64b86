// The agent's one way to the apiserver: HTTP/2 for ordinary requests, or undici's pool where it speaks HTTP/1.1 only; a fresh socket
// for each upgrade. The address comes from the configuration alone; nothing in a stream can name another (security R4).
import { request as httpsRequest } from 'node:https';
import type { ClientRequest } from 'node:http';
import { createSecureContext } from 'node:tls';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { UpstreamConfig } from './config.ts';
import { Http2Pool } from './http2/index.ts';
import { AGENT_LIMITS } from './limits.ts';
import type { AgentWaits } from './limits.ts';
import { connectUpstream } from './tls-connect.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface Upstream {
  dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void;
  /** An upgrade on a socket that serves nothing else, before or after (security U4). Not yet ended. */
  upgrade(request: Omit<UpstreamRequest, 'body'>): ClientRequest;
  close(): Promise<void>;
}

export function createUpstream(config: UpstreamConfig, waits: AgentWaits = AGENT_LIMITS): Upstream {
  const origin = new URL(config.server);
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  const port = origin.port === '' ? 443 : Number(origin.port);
  // Made once: to read the CA's certificates for each connection would cost more than all else about it.
  const secureContext = createSecureContext({ ca: config.ca });
  const pool = new Pool(origin.origin, {
    connections: AGENT_LIMITS.UPSTREAM_CONNECTIONS,
    pipelining: 1,
    // Only for an apiserver that does not speak it.
    allowH2: false,
    keepAliveTimeout: waits.UPSTREAM_KEEP_ALIVE_MS,
    keepAliveMaxTimeout: waits.UPSTREAM_KEEP_ALIVE_MS,
    maxHeaderSize: AGENT_LIMITS.UPSTREAM_MAX_HEADER_BYTES,
    // A watch may say nothing for an hour, and the client knows when it has waited long enough.
    headersTimeout: 0,
    bodyTimeout: 0,
    strictContentLength: true,
    connect: { ca: config.ca, timeout: AGENT_LIMITS.UPSTREAM_CONNECT_TIMEOUT_MS },
  });
  const http2 = new Http2Pool({
    authority: origin.host,
    connect: (signal) => connectUpstream({ host, port, secureContext }, signal),
    otherwise: ({ method, target, headers, body }, handler) => {
      pool.dispatch({ path: target, method, headers, body }, handler);
    },
    keepAliveMs: waits.UPSTREAM_KEEP_ALIVE_MS,
  });
  return {
    dispatch: (request, handler) => http2.dispatch(request, handler),
    upgrade: ({ method, target, headers }) => {
      // https takes what tls.connect takes, secureContext among it, though its types do not say so.
      const options = {
        host,
        port,
        method,
        path: target,
        setHost: false,
        secureContext,
        agent: false as const,
        maxHeaderSize: AGENT_LIMITS.UPSTREAM_MAX_HEADER_BYTES,
        timeout: waits.UPGRADE_TIMEOUT_MS,
      };
      const request = httpsRequest(options);
      // Not among the options, which Node prints when it is told to debug (security L1). Appended, so that repeated lines stay
      // apart: X-Stream-Protocol-Version has one for each version.
      try {
        request.setHeader('host', origin.host);
        for (let i = 0; i < headers.length; i += 2)
          request.appendHeader(headers[i] ?? '', headers[i + 1] ?? '');
      } catch (error) {
        request.on('error', () => undefined).destroy();
        throw error;
      }
      // As the pool does with its own: no NAT on the way forgets a quiet shell, and an apiserver that vanished is found out.
      request.once('socket', (socket) => {
        socket.setKeepAlive(true, AGENT_LIMITS.UPSTREAM_KEEP_ALIVE_PROBE_MS);
      });
      return request;
    },
    close: () => {
      http2.close();
      return pool.destroy();
    },
  };
}
