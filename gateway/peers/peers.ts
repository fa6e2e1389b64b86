// The other gateways as ways to the clusters whose tunnels they hold.
import type { Metrics } from '../../observe/index.ts';
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { StreamRefusedError } from '../../tunnel/index.ts';
import type { StreamOpener, TunnelDirectory, TunnelPicker } from '../registry/index.ts';
import { encodePeerHead } from './peer-head.ts';
import { startPeerLink } from './peer-link.ts';
import type { PeerLink, PeerLinkOptions } from './peer-link.ts';

export interface Peers extends TunnelPicker {
  register(metrics: Metrics): void;
  close(): void;
}

export function createPeers(directory: TunnelDirectory, options: PeerLinkOptions): Peers {
  const links = new Map<string, PeerLink>();
  const holders = new Map<string, Map<string, StreamOpener>>();
  let openedStreams = 0;

  // One for each peer and cluster, for as long as it holds: a request that was refused there is not offered to it again.
  function openerOf(peerId: string, clusterName: string): StreamOpener {
    return {
      open: (head: Uint8Array, handler: StreamHandler): TunnelStream => {
        const session = links.get(peerId)?.session;
        if (session === undefined)
          throw new StreamRefusedError('the process that holds the tunnel takes no new stream');
        const stream = session.open(encodePeerHead(clusterName, head), handler);
        openedStreams += 1;
        return stream;
      },
    };
  }

  function forget(peerId: string, clusterName: string): void {
    const ofCluster = holders.get(clusterName);
    if (ofCluster?.delete(peerId) === true && ofCluster.size === 0) holders.delete(clusterName);
  }

  directory.listen({
    onPeer: (peer) => {
      links.get(peer.id)?.close();
      links.set(peer.id, startPeerLink(peer, options));
    },
    onPeerGone: (peerId) => {
      links.get(peerId)?.close();
      links.delete(peerId);
      for (const clusterName of holders.keys()) forget(peerId, clusterName);
    },
    onTunnels: (peerId, clusterName, tunnels) => {
      if (tunnels === 0) return forget(peerId, clusterName);
      const ofCluster = holders.get(clusterName) ?? new Map<string, StreamOpener>();
      if (!ofCluster.has(peerId)) ofCluster.set(peerId, openerOf(peerId, clusterName));
      holders.set(clusterName, ofCluster);
    },
  });

  return {
    register: (metrics) => {
      metrics.counter(
        'cluster_connect_gateway_peer_streams_total',
        'Requests that went through another process, which holds the tunnel.',
        () => openedStreams,
      );
      metrics.gauge('cluster_connect_gateway_peers', 'Sessions to other processes that are up.', () =>
        [...links.values()].reduce((count, { session }) => (session === undefined ? count : count + 1), 0),
      );
    },
    // Of several holders the one that does the least for this gateway.
    pick: (clusterName, refused) => {
      let best: StreamOpener | undefined;
      let bestStreams = Infinity;
      for (const [peerId, opener] of holders.get(clusterName) ?? []) {
        const session = links.get(peerId)?.session;
        if (session === undefined || refused?.has(opener) === true || session.openStreams >= bestStreams)
          continue;
        best = opener;
        bestStreams = session.openStreams;
      }
      return best;
    },
    close: () => {
      for (const link of links.values()) link.close();
      links.clear();
      holders.clear();
    },
  };
}
