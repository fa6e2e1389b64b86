// What one measurement of requests is, and what it brought.
import type { Sightings } from '../apiserver/index.ts';
import type { LoadSpec, Round } from '../load/index.ts';
import type { RouteInfo } from '../routes/index.ts';

export interface RequestCase {
  readonly name: string;
  readonly protocol: LoadSpec['protocol'];
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly streams: number;
  readonly connecting: LoadSpec['connecting'];
  readonly answer: 'small' | 'list';
}

export interface Pace {
  readonly rounds: number;
  /** Once for each route and protocol, so that its code is compiled. */
  readonly warmUpMs: number;
  /** Before each round, so that its connections are in use. */
  readonly settleMs: number;
  readonly roundMs: number;
}

export interface RequestRound {
  readonly load: Round;
  /** Microseconds for each request, by process: the load, the stand-in (`apiserver`) and each of the route; empty without /proc. */
  readonly cpuUs: Readonly<Record<string, number>>;
  readonly sightings: Sightings;
  /** Of the relay: tunnels that had to come up again, ever. */
  readonly reconnects: number;
}

export interface MeasuredRoute {
  readonly case: RequestCase;
  readonly route: RouteInfo;
  readonly rounds: readonly RequestRound[];
}

/** A route that was lost while it was measured. */
export interface LostRoute {
  readonly case: string;
  readonly route: RouteInfo;
  readonly reason: string;
}
