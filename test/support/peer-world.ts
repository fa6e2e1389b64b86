// Two gateways' ends of one session between them, over a real Unix socket: the holder has a tunnel in memory, the asker none.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeers, createPeerSecret, peerLimits, startPeerEndpoint } from '../../gateway/peers/index.ts';
import type { PeerEndpoint, Peers } from '../../gateway/peers/index.ts';
import { encodePeerHead } from '../../gateway/peers/peer-head.ts';
import { createClusterRegistry } from '../../gateway/registry/index.ts';
import type { ClusterRegistry, DirectoryListener, TunnelEntry } from '../../gateway/registry/index.ts';
import type { Logger } from '../../observe/index.ts';
import { dialTunnel, WindowBudget } from '../../tunnel/index.ts';
import type { DialRefusal, Transport, TunnelLimits } from '../../tunnel/index.ts';
import { memoryLog } from './memory-log.ts';
import { sessionPair, StreamLog } from './session-pair.ts';
import type { PairOptions, SessionPair } from './session-pair.ts';
import { until } from './until.ts';

export const HOLDER = 'holder';
export const PEER_CLUSTER = 'edge-1';

export interface PeerWorld extends AsyncDisposable {
  readonly endpoint: PeerEndpoint;
  readonly registry: ClusterRegistry;
  readonly entry: TunnelEntry;
  /** The holder's tunnel. */
  readonly tunnel: SessionPair;
  readonly peers: Peers;
  /** What the asker's directory hears. */
  readonly directory: DirectoryListener;
  readonly secret: string;
  readonly socketPath: string;
  readonly logger: Logger;
  /** Lines of both ends. */
  logText(): string;
  /** Opens a stream to the cluster as a request of the asker would. */
  open(log?: StreamLog, head?: string): StreamLog;
  /** Dials the holder without the asker's own code. */
  dial(authorization: string, path?: string): Promise<Transport | DialRefusal>;
}

export interface PeerWorldOptions extends PairOptions {
  /** Of the session between the two. */
  readonly limits?: Partial<TunnelLimits>;
}

/** Ready when the asker can open streams. */
export async function startPeerWorld(options: PeerWorldOptions = {}): Promise<PeerWorld> {
  const directoryPath = await mkdtemp(join(tmpdir(), 'cc-peer-'));
  const socketPath = join(directoryPath, 'holder.sock');
  const log = memoryLog();
  const { logger } = log;
  const secret = createPeerSecret();
  const limits = peerLimits(options.limits);
  const growthPool = new WindowBudget(limits.MAX_SESSION_WINDOW_BYTES);
  const tunnel = sessionPair(options);
  await until(() => tunnel.gateway.isAccepting);
  const registry = createClusterRegistry(8);
  const entry = { clusterId: 'id-1', clusterName: PEER_CLUSTER, thumbprint: 'x', session: tunnel.gateway };
  registry.add(entry);
  const endpoint = await startPeerEndpoint({ socketPath, secret, registry, limits, growthPool, logger });
  const heard = Promise.withResolvers<DirectoryListener>();
  const peers = createPeers(
    { announce: () => undefined, listen: (listener) => heard.resolve(listener) },
    { secret, limits, growthPool, logger },
  );
  const directory = await heard.promise;
  directory.onPeer({ id: HOLDER, socketPath });
  directory.onTunnels(HOLDER, PEER_CLUSTER, 1);
  await until(() => peers.pick(PEER_CLUSTER) !== undefined);
  return {
    endpoint,
    registry,
    entry,
    tunnel,
    peers,
    directory,
    secret,
    socketPath,
    logger,
    logText: () => log.text(),
    open: (log = new StreamLog(), head = 'head') => {
      const way = peers.pick(PEER_CLUSTER);
      if (way === undefined) throw new Error('no peer holds the cluster');
      log.stream = way.open(Buffer.from(head), log);
      return log;
    },
    dial: (authorization, path = '/peer') =>
      dialTunnel({
        url: `ws://gateway${path}`,
        headers: { authorization },
        createConnection: () => connect(socketPath),
        handshakeTimeoutMs: 5000,
        signal: new AbortController().signal,
        limits,
      }),
    [Symbol.asyncDispose]: async () => {
      tunnel.gateway.close('the test is over');
      peers.close();
      await endpoint.close();
      await rm(directoryPath, { recursive: true, force: true });
    },
  };
}

/** An OPEN head as an asker sends it. */
export function peerHead(head: string, clusterName = PEER_CLUSTER): Buffer {
  return encodePeerHead(clusterName, Buffer.from(head));
}
