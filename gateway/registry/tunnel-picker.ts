// How a request gets its stream, whoever holds the tunnel: this process or a peer.
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';

/** A way to a cluster: a tunnel's session, or a peer that holds one. */
export interface StreamOpener {
  /** @throws StreamRefusedError when there is no room for it: nothing was sent */
  open(head: Uint8Array, handler: StreamHandler): TunnelStream;
}

export interface TunnelPicker {
  /** A way that takes a stream, but for those in `refused`; undefined when there is none. */
  pick(clusterName: string, refused?: ReadonlySet<StreamOpener>): StreamOpener | undefined;
}

/** Asks `first`, and `second` for what `first` has no way for. */
export function pickInOrder(first: TunnelPicker, second: TunnelPicker): TunnelPicker {
  return {
    pick: (clusterName, refused) => first.pick(clusterName, refused) ?? second.pick(clusterName, refused),
  };
}
