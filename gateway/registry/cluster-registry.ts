// Which tunnels each cluster has right now. In memory: a tunnel lives and dies with this process.
import { TunnelError } from '../../tunnel/index.ts';
import type { Session } from '../../tunnel/index.ts';
import type { StreamOpener, TunnelPicker } from './tunnel-picker.ts';

export interface TunnelEntry {
  readonly clusterId: string;
  readonly clusterName: string;
  /** Of the key that opened it: a withdrawn key ends its tunnels. */
  readonly thumbprint: string;
  readonly session: Session;
}

export interface ClusterRegistry extends TunnelPicker {
  /** A tunnel that is authenticated. One too many replaces the cluster's oldest (security I4). */
  add(entry: TunnelEntry): void;
  remove(entry: TunnelEntry): void;
  /** The tunnel takes no new stream any more; the open ones go on. */
  retire(entry: TunnelEntry): void;
  /** The tunnel with the fewest streams that takes new ones, but for those in `refused`; undefined when there is none. */
  pick(clusterName: string, refused?: ReadonlySet<StreamOpener>): Session | undefined;
  entries(): Iterable<TunnelEntry>;
  readonly tunnelCount: number;
  readonly clusterCount: number;
}

/** Hears how many tunnels of a cluster take streams, whenever that may have changed. */
export type OnTunnels = (clusterName: string, accepting: number) => void;

export function createClusterRegistry(
  maxTunnelsPerCluster: number,
  onTunnels: OnTunnels = () => undefined,
): ClusterRegistry {
  const clusters = new Map<string, TunnelEntry[]>();

  function tell(clusterName: string): void {
    const tunnels = clusters.get(clusterName) ?? [];
    onTunnels(clusterName, tunnels.filter(({ session }) => session.isAccepting).length);
  }

  function remove(entry: TunnelEntry): void {
    const rest = (clusters.get(entry.clusterName) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) clusters.delete(entry.clusterName);
    else clusters.set(entry.clusterName, rest);
    tell(entry.clusterName);
  }

  return {
    add: (entry) => {
      const tunnels = clusters.get(entry.clusterName) ?? [];
      const oldest = tunnels.length >= maxTunnelsPerCluster ? tunnels[0] : undefined;
      clusters.set(entry.clusterName, [...tunnels, entry]);
      if (oldest !== undefined) {
        remove(oldest);
        oldest.session.fail(new TunnelError('REPLACED', 'a newer tunnel of this cluster took its place'));
      }
      tell(entry.clusterName);
    },
    remove,
    retire: (entry) => tell(entry.clusterName),
    pick: (clusterName, refused) => {
      const tunnels = clusters.get(clusterName);
      if (tunnels === undefined) return undefined;
      let best: Session | undefined;
      for (const { session } of tunnels) {
        if (!session.isAccepting || refused?.has(session) === true) continue;
        if (best === undefined || session.openStreams < best.openStreams) best = session;
      }
      return best;
    },
    entries: function* () {
      for (const tunnels of clusters.values()) yield* tunnels;
    },
    get tunnelCount() {
      let count = 0;
      for (const tunnels of clusters.values()) count += tunnels.length;
      return count;
    },
    get clusterCount() {
      return clusters.size;
    },
  };
}
