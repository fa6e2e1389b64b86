// The agent's one way to the apiserver: a pool for ordinary requests, a fresh socket for each upgrade. The address comes from the
// configuration alone; nothing in a stream can name another (security R4).
import { request as httpsRequest } from 'node:https';
import type { ClientRequest } from 'node:http';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { Readable } from 'node:stream';
import type { HeaderList } from '../http/index.ts';
import type { UpstreamConfig } from './config.ts';
import { AGENT_LIMITS } from './limits.ts';
import type { AgentWaits } from './limits.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form, byte for byte what the client sent. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Buffer | Readable | null;
}

export interface Upstream {
  dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void;
  /** An upgrade on a socket that serves nothing else, before or after (security U4). Not yet ended. */
  upgrade(request: Omit<UpstreamRequest, 'body'>): ClientRequest;
  close(): Promise<void>;
}

export function createUpstream(config: UpstreamConfig, waits: AgentWaits = AGENT_LIMITS): Upstream {
  const origin = new URL(config.server);
  const pool = new Pool(origin.origin, {
    connections: AGENT_LIMITS.UPSTREAM_CONNECTIONS,
    pipelining: 1,
    // One stream per connection: HTTP/2 would put all of a cluster's users behind one window again.
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
  return {
    dispatch: ({ method, target, headers, body }, handler) => {
      pool.dispatch({ path: target, method, headers, body }, handler);
    },
    upgrade: ({ method, target, headers }) => {
      const request = httpsRequest({
        host: origin.hostname.replace(/^\[|\]$/g, ''),
        port: origin.port === '' ? 443 : Number(origin.port),
        method,
        path: target,
        // A flat list keeps repeated lines apart: X-Stream-Protocol-Version has one for each version.
        headers: ['host', origin.host, ...headers],
        ca: config.ca,
        agent: false,
        maxHeaderSize: AGENT_LIMITS.UPSTREAM_MAX_HEADER_BYTES,
        timeout: waits.UPGRADE_TIMEOUT_MS,
      });
      // As the pool does with its own: no NAT on the way forgets a quiet shell, and an apiserver that vanished is found out.
      request.once('socket', (socket) => {
        socket.setKeepAlive(true, AGENT_LIMITS.UPSTREAM_KEEP_ALIVE_PROBE_MS);
      });
      return request;
    },
    close: () => pool.destroy(),
  };
}
