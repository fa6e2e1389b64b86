// The holder's end of the sessions between gateways (SPEC §9): listens on a Unix socket and joins each stream that a peer
// opens to a stream of a tunnel of its own.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../observe/index.ts';
import { createTunnelAcceptor, Session, StreamRefusedError } from '../../tunnel/index.ts';
import type { StreamHandler, TunnelLimits, TunnelStream, WindowBudget } from '../../tunnel/index.ts';
import { answerRaw } from '../edge/index.ts';
import type { ClusterRegistry } from '../registry/index.ts';
import { decodePeerHead } from './peer-head.ts';
import { MAX_PEER_CONNECTIONS, PEER_DIAL_TIMEOUT_MS } from './peer-limits.ts';
import { isPeerAuthorization } from './peer-secret.ts';
import { spliceStreams } from './splice.ts';

export interface PeerEndpointOptions {
  readonly socketPath: string;
  readonly secret: string;
  /** This gateway's own tunnels, and no other's: what came from a peer goes to no peer (SPEC §9.4). */
  readonly registry: ClusterRegistry;
  readonly limits: TunnelLimits;
  readonly growthPool: WindowBudget;
  readonly logger: Logger;
}

export interface PeerEndpoint {
  /** Streams of peers that are open. */
  readonly openStreams: number;
  /** Peers open no new stream here. */
  drain(): void;
  close(): Promise<void>;
}

export const PEER_PATH = '/peer';

/** @throws the listener's own error when there can be no socket at this path */
export async function startPeerEndpoint(options: PeerEndpointOptions): Promise<PeerEndpoint> {
  const { limits, logger, registry } = options;
  const acceptor = createTunnelAcceptor(limits);
  const sessions = new Set<Session>();
  let draining = false;

  function serve(stream: TunnelStream, head: Buffer): StreamHandler | undefined {
    const asked = decodePeerHead(head);
    if (asked === undefined) {
      stream.reset('BAD_HEAD');
      return undefined;
    }
    const { clusterName, requestHead } = asked;
    const refused = new Set<Session>();
    for (;;) {
      const session = registry.pick(clusterName, refused);
      // The session answers REFUSED.
      if (session === undefined) return undefined;
      try {
        return spliceStreams(stream, (handler) => session.open(requestHead, handler));
      } catch (error) {
        if (!(error instanceof StreamRefusedError)) throw error;
        refused.add(session);
      }
    }
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    if (request.url !== PEER_PATH || !isPeerAuthorization(request.headers.authorization, options.secret)) {
      logger.warn('gateway.peer.refused', {});
      return answerRaw(socket, {
        code: 401,
        reason: 'Unauthorized',
        message: 'only for gateways of this installation',
      });
    }
    acceptor.accept(request, socket, head, (transport) => {
      const session: Session = new Session(
        transport,
        {
          onStream: serve,
          onFault: (error) => logger.error('gateway.peer.stream_failed', { error }),
          onClose: () => sessions.delete(session),
        },
        { role: 'agent', limits, growthPool: options.growthPool },
      );
      sessions.add(session);
      if (draining) session.drain(0, 'the gateway is stopping');
    });
  }

  const server = createServer({ headersTimeout: PEER_DIAL_TIMEOUT_MS }, (_request, response) => {
    response.writeHead(404, { connection: 'close' }).end();
  });
  server.maxConnections = MAX_PEER_CONNECTIONS;
  server.on('upgrade', accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socketPath, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });

  return {
    get openStreams() {
      let count = 0;
      for (const session of sessions) count += session.openStreams;
      return count;
    },
    drain: () => {
      draining = true;
      for (const session of sessions) session.drain(0, 'the gateway is stopping');
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close('the gateway has stopped');
      server.closeAllConnections();
      await closed;
    },
  };
}
