// Where agents come in: an upgrade on /tunnel, its assertion checked before a WebSocket exists.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AuthError, authRefusal, bearerToken } from '../../auth/index.ts';
import type { AssertionVerifier } from '../../auth/index.ts';
import { errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { createTunnelAcceptor, Session, TunnelError } from '../../tunnel/index.ts';
import type { TunnelLimits, WindowBudget } from '../../tunnel/index.ts';
import type { GatewayLimits } from '../limits.ts';
import type { ClusterRegistry, TunnelEntry } from '../registry/index.ts';
import type { ClusterStore } from '../store/index.ts';
import { answerRaw } from './raw-answer.ts';
import type { RawAnswer } from './raw-answer.ts';

export interface TunnelEndpointOptions {
  readonly limits: GatewayLimits;
  readonly tunnelLimits: TunnelLimits;
  readonly registry: ClusterRegistry;
  readonly store: ClusterStore;
  readonly assertions: AssertionVerifier;
  /** One for all: readers of one cluster's answers, slow on purpose, must not take the memory of the others (security D5). */
  readonly growthPool: WindowBudget;
  readonly logger: Logger;
  isOwnHost(host: string): boolean;
}

export interface TunnelEndpoint {
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Announces the end to every agent (SPEC §8.1) and takes no new tunnel. */
  drain(): void;
  close(): void;
}

/** Keys of live tunnels that are looked up in one turn of the event loop: about a millisecond. */
const RECHECKED_AT_ONCE = 32;

export function createTunnelEndpoint(options: TunnelEndpointOptions): TunnelEndpoint {
  const { limits, registry, store, logger, growthPool } = options;
  const acceptor = createTunnelAcceptor(options.tunnelLimits);
  // Those without a HELLO too, which the registry does not know.
  const sessions = new Set<Session>();
  let pending = 0;
  let draining = false;
  let closed = false;

  // A key that was withdrawn ends its tunnels (security I5).
  const recheck = setInterval(() => {
    recheckKeys().catch((error: unknown) => logger.error('gateway.tunnel.recheck_failed', { error }));
  }, limits.KEY_RECHECK_MS);
  recheck.unref();

  async function recheckKeys(): Promise<void> {
    let looked = 0;
    for (const entry of registry.entries()) {
      // Of ten thousand tunnels the look takes longer than anything else on this thread may.
      if (++looked % RECHECKED_AT_ONCE === 0) await nextTurn();
      if (closed) return;
      const key = await store.publicKeyOf(entry.clusterId, entry.thumbprint);
      if (key !== undefined) continue;
      logger.warn('gateway.tunnel.revoked', { cluster: entry.clusterName });
      entry.session.fail(new TunnelError('UNAUTHORIZED', "the agent's key was withdrawn"));
    }
  }

  async function authenticate(request: IncomingMessage): Promise<Omit<TunnelEntry, 'session'>> {
    const assertion = bearerToken(request.headers.authorization ?? '');
    const { clusterId, thumbprint } = await options.assertions.verify(assertion);
    const cluster = await store.getClusterById(clusterId);
    if (cluster === undefined)
      throw new AuthError('CC_ERR_AUTH_UNKNOWN_CLUSTER', 'the cluster is not registered');
    return { clusterId, thumbprint, clusterName: cluster.name };
  }

  function open(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    who: Omit<TunnelEntry, 'session'>,
  ): void {
    acceptor.accept(request, socket, head, (transport) => {
      const session: Session = new Session(
        transport,
        {
          onReady: (hello) => {
            registry.add(entry);
            const skewMs = Date.now() - hello.wallClockMs;
            logger.info('gateway.tunnel.connected', { cluster: who.clusterName, clockSkewMs: skewMs });
            if (!draining) return;
            session.drain(pace(), 'the gateway is stopping');
            registry.retire(entry);
          },
          onGoAway: (_delayMs, reason) => {
            registry.retire(entry);
            logger.info('gateway.tunnel.goaway', { cluster: who.clusterName, reason });
          },
          onFault: (error) => logger.error('gateway.stream.failed', { cluster: who.clusterName, error }),
          onClose: (error) => {
            sessions.delete(session);
            registry.remove(entry);
            logger.info('gateway.tunnel.closed', {
              cluster: who.clusterName,
              code: error?.code ?? 'NO_ERROR',
              reason: error?.message,
              ...session.counters,
            });
          },
        },
        { role: 'gateway', limits: options.tunnelLimits, growthPool },
      );
      const entry: TunnelEntry = { ...who, session };
      sessions.add(session);
    });
  }

  function pace(): number {
    return Math.round(Math.random() * limits.DRAIN_PACING_MS);
  }

  return {
    handle: (request, socket, head) => {
      socket.on('error', ignore);
      const refusal = precheck(request);
      if (refusal !== undefined) return answerRaw(socket, refusal);
      if (draining || pending >= limits.MAX_PENDING_HANDSHAKES) return answerRaw(socket, BUSY);
      pending += 1;
      authenticate(request)
        .then(
          (who) => {
            if (closed) socket.destroy();
            else if (!socket.destroyed) open(request, socket, head, who);
          },
          (error: unknown) => {
            logger.warn('gateway.tunnel.refused', {
              code: errorCode(error),
              remote: request.socket.remoteAddress,
            });
            answerRaw(socket, refusalOf(error));
          },
        )
        .finally(() => {
          pending -= 1;
        })
        .catch((error: unknown) => {
          logger.error('gateway.tunnel.failed', { error });
          socket.destroy();
        });
    },
    drain: () => {
      draining = true;
      for (const entry of registry.entries()) {
        entry.session.drain(pace(), 'the gateway is stopping');
        registry.retire(entry);
      }
    },
    close: () => {
      draining = true;
      closed = true;
      clearInterval(recheck);
      for (const session of sessions) session.close('the gateway has stopped');
    },
  };

  // Browsers send Origin with every WebSocket; agents never do (security R5, RFC 6455 §10.2).
  function precheck(request: IncomingMessage): RawAnswer | undefined {
    if (request.headers.origin !== undefined)
      return { code: 403, reason: 'Forbidden', message: 'not for browsers' };
    if (!options.isOwnHost(request.headers.host ?? '')) {
      return {
        code: 421,
        reason: 'BadRequest',
        message: 'tunnels are opened at the name of the gateway itself',
      };
    }
    return undefined;
  }
}

// Not within `handle`: what it closes over, the whole request among it, would live as long as the tunnel.
function ignore(): void {
  // `close` follows.
}

const BUSY: RawAnswer = {
  code: 503,
  reason: 'ServiceUnavailable',
  message: 'the gateway takes no tunnel now',
  retryAfterSeconds: 5,
};

function refusalOf(error: unknown): RawAnswer {
  if (error instanceof AuthError) return { ...authRefusal(error), message: error.reason };
  return { code: 500, reason: 'InternalError', message: 'the gateway failed' };
}
