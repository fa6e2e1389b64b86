// A connection to the apiserver through TLS, that offers HTTP/2 and HTTP/1.1 and waits no longer than it may.
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { UpstreamError } from './http2/index.ts';
import { AGENT_LIMITS } from './limits.ts';

export interface ConnectOptions {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly secureContext: SecureContext;
}

/**
 * @param signal gives it up before it is through; its reason is what is thrown, an Error
 * @throws Error of Node's (ECONNREFUSED, a certificate that is not trusted), UpstreamError for a handshake that takes too long
 */
export function connectUpstream(
  { host, port, secureContext }: ConnectOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      secureContext,
      ALPNProtocols: ['h2', 'http/1.1'],
      // RFC 6066 §3: an address is no server name.
      ...(isIP(host) === 0 && { servername: host }),
    });
    const fail = (error: unknown): void => {
      settled();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(new UpstreamError('CC_ERR_UPSTREAM_CONNECT_TIMEOUT', 'the kube-apiserver does not answer'));
    }, AGENT_LIMITS.UPSTREAM_CONNECT_TIMEOUT_MS);
    const giveUp = (): void => fail(signal.reason);
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    signal.addEventListener('abort', giveUp);
    // Stays: whoever takes the socket does so a moment later.
    socket.on('error', fail);
    socket.once('secureConnect', () => {
      settled();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, AGENT_LIMITS.UPSTREAM_KEEP_ALIVE_PROBE_MS);
      resolve(socket);
    });
  });
}
