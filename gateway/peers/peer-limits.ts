// The bounds of what gateways do for each other.
import { DEFAULT_LIMITS } from '../../tunnel/index.ts';
import type { TunnelLimits } from '../../tunnel/index.ts';

/**
 * PEER_LIMITS of the SPEC: one session for the streams of all clusters between two gateways. As in a tunnel, the first windows
 * of all of them fit, and nothing is set aside for them.
 */
export const PEER_STREAMS = 65_536;

/** @param limits of this gateway's tunnels */
export function peerLimits(limits: Partial<TunnelLimits> = {}): TunnelLimits {
  const merged = { ...DEFAULT_LIMITS, ...limits };
  return {
    ...merged,
    MAX_STREAMS: PEER_STREAMS,
    MAX_SESSION_WINDOW_BYTES: PEER_STREAMS * merged.INITIAL_WINDOW_BYTES,
  };
}

/** A dial to a process of the same machine, to its end. */
export const PEER_DIAL_TIMEOUT_MS = 5000;
/** A peer that is listed and cannot be reached is dialled again after so long, doubled each time up to the second. */
export const PEER_REDIAL_MS = 50;
export const MAX_PEER_REDIAL_MS = 5000;
/** Connections to the peers' socket: one for each peer, and some that are just being replaced. */
export const MAX_PEER_CONNECTIONS = 256;
