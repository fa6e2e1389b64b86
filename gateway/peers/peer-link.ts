// The asker's end of a session between gateways (SPEC §9.1): dials one peer, and again whenever the session is lost.
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { dialTunnel, Session } from '../../tunnel/index.ts';
import type { Transport, TunnelLimits, WindowBudget } from '../../tunnel/index.ts';
import type { PeerAddress } from '../registry/index.ts';
import { PEER_PATH } from './peer-endpoint.ts';
import { MAX_PEER_REDIAL_MS, PEER_DIAL_TIMEOUT_MS, PEER_REDIAL_MS } from './peer-limits.ts';
import { peerAuthorization } from './peer-secret.ts';

export interface PeerLinkOptions {
  readonly secret: string;
  readonly limits: TunnelLimits;
  readonly growthPool: WindowBudget;
  readonly logger: Logger;
}

export interface PeerLink {
  /** Undefined while there is none, or none that takes a stream. */
  readonly session: Session | undefined;
  /** Ends the session: its streams are told. */
  close(): void;
}

export function startPeerLink(peer: PeerAddress, options: PeerLinkOptions): PeerLink {
  const logger = options.logger.child({ peer: peer.id });
  const closing = new AbortController();
  const { signal } = closing;
  let session: Session | undefined;

  async function dial(): Promise<Transport | undefined> {
    try {
      const answer = await dialTunnel({
        // The name is for the Host header alone.
        url: `ws://gateway${PEER_PATH}`,
        headers: { authorization: peerAuthorization(options.secret) },
        createConnection: () => connect(peer.socketPath),
        handshakeTimeoutMs: PEER_DIAL_TIMEOUT_MS,
        signal,
        limits: options.limits,
      });
      if (!('status' in answer)) return answer;
      logger.warn('gateway.peer.dial_failed', { status: answer.status });
    } catch (error) {
      if (!signal.aborted) logger.warn('gateway.peer.dial_failed', { code: errorCode(error) });
    }
    return undefined;
  }

  /** Resolves when the session is over. @returns whether it was ever ready */
  async function hold(transport: Transport): Promise<boolean> {
    const closed = Promise.withResolvers<void>();
    let wasReady = false;
    session = new Session(
      transport,
      {
        onReady: () => {
          wasReady = true;
          logger.debug('gateway.peer.connected', {});
        },
        onFault: (error) => logger.error('gateway.peer.stream_failed', { error }),
        onClose: (error) => {
          logger.debug('gateway.peer.closed', { code: error?.code ?? 'NO_ERROR' });
          closed.resolve();
        },
      },
      { role: 'gateway', limits: options.limits, growthPool: options.growthPool },
    );
    await closed.promise;
    session = undefined;
    return wasReady;
  }

  async function keep(): Promise<void> {
    let pauseMs = PEER_REDIAL_MS;
    while (!signal.aborted) {
      const transport = await dial();
      // In between this link may have been closed: nobody would end the session then.
      if (transport !== undefined && signal.aborted) transport.terminate();
      else if (transport !== undefined && (await hold(transport))) pauseMs = PEER_REDIAL_MS;
      await wait(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, MAX_PEER_REDIAL_MS);
    }
  }
  keep().catch((error: unknown) => logger.error('gateway.peer.failed', { error }));

  return {
    get session() {
      return session?.isAccepting === true ? session : undefined;
    },
    close: () => {
      closing.abort();
      session?.close('the peer is gone');
    },
  };
}
