// Which other gateway holds tunnels of a cluster. Processes of one machine hear it through their supervisor; gateways on
// several machines will through the database.

export interface PeerAddress {
  /** Its own for each start of a gateway: one that comes back is another. */
  readonly id: string;
  /** Where it listens for its peers. */
  readonly socketPath: string;
}

export interface DirectoryListener {
  onPeer(peer: PeerAddress): void;
  onPeerGone(peerId: string): void;
  /** The peer holds so many tunnels of this cluster that take streams; 0 for none any more. */
  onTunnels(peerId: string, clusterName: string, tunnels: number): void;
}

/** What it says may be old by the time it is used: a holder that has no tunnel any more refuses (SPEC §9.4). */
export interface TunnelDirectory {
  /** This gateway holds so many tunnels of the cluster that take streams. */
  announce(clusterName: string, tunnels: number): void;
  /** Once. First what is known already, then each change. */
  listen(listener: DirectoryListener): void;
}
