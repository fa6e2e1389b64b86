// The ways that a request of the bench takes to the apiserver stand-in: their names, what they are, and what a running one
// offers to those who measure it.
import type { BenchIdentity } from '../bench-user.ts';
import type { Child } from '../processes/index.ts';

export const ROUTES = [
  'direct',
  'nginx',
  'go-proxy',
  'http-proxy',
  'relay',
  'chisel',
  'frp',
  'remotedialer',
  'konnectivity',
  'ssh',
] as const;
export type RouteName = (typeof ROUTES)[number];

/** A hop is one reverse proxy without authentication; a tunnel is two processes with a connection of their own in between. */
export type RouteKind = 'direct' | 'hop' | 'relay' | 'tunnel';

export interface RouteInfo {
  readonly name: RouteName;
  readonly title: string;
  readonly kind: RouteKind;
}

export const ROUTE_INFO: Readonly<Record<RouteName, RouteInfo>> = {
  direct: { name: 'direct', title: 'no hop: straight to the apiserver stand-in', kind: 'direct' },
  nginx: { name: 'nginx', title: 'nginx, one worker, as a reverse proxy', kind: 'hop' },
  'go-proxy': { name: 'go-proxy', title: "Go's httputil.ReverseProxy", kind: 'hop' },
  'http-proxy': { name: 'http-proxy', title: 'http-proxy on Node.js', kind: 'hop' },
  relay: { name: 'relay', title: 'cluster-connect: gateway, tunnel, relay-agent', kind: 'relay' },
  chisel: { name: 'chisel', title: 'chisel, reverse TCP tunnel', kind: 'tunnel' },
  frp: { name: 'frp', title: 'frp, TCP proxy', kind: 'tunnel' },
  remotedialer: {
    name: 'remotedialer',
    title: "Rancher's remotedialer behind a ReverseProxy",
    kind: 'tunnel',
  },
  konnectivity: { name: 'konnectivity', title: 'Konnectivity behind a ReverseProxy', kind: 'tunnel' },
  ssh: { name: 'ssh', title: 'OpenSSH, ssh -R', kind: 'tunnel' },
};

export type Protocol = 'http1' | 'http2';

export interface RouteAddress {
  readonly host: string;
  readonly port: number;
  /** Empty for none. */
  readonly serverName: string;
  /** PEM. */
  readonly ca: string;
}

/** A process of the route: whoever counts it counts all that descends from it too. */
export interface RouteProcess {
  /** `gateway`, `agent`, `frps`, `frpc` … */
  readonly name: string;
  readonly pid: number;
}

export interface RunningRoute extends AsyncDisposable {
  readonly info: RouteInfo;
  /** `chisel 1.11.3, Go 1.26.8` */
  readonly version: string;
  /** Without the delaying relay of a link: its cost is not the route's. */
  readonly processes: readonly RouteProcess[];
  /** Undefined where the route does not speak the protocol. */
  address(protocol: Protocol): RouteAddress | undefined;
}

/** Our own route: its processes can be asked for profiles, the agent for its reconnects. */
export interface RelayRoute extends RunningRoute {
  readonly gateway: Child;
  readonly agent: Child;
}

export function isRelayRoute(route: RunningRoute): route is RelayRoute {
  return route.info.kind === 'relay';
}

export interface AbsentRoute {
  readonly name: RouteName;
  /** Why it could not be put up on this machine. */
  readonly reason: string;
}

/** The tunnel's own connection passes a delaying relay in user space. */
export interface LinkOptions {
  readonly roundTripMs: number;
}

/** What our own route is made of, where a scenario wants it other than by default. */
export interface RelayShape {
  /** One by default: every other route has one, too. */
  readonly gatewayProcesses?: number;
  /** Of the agent. */
  readonly tunnels?: number;
}

/** What all routes of a run share. */
export interface World {
  /** For files of the run; whoever made the world removes it. */
  readonly directory: string;
  /** Of every server of the run that is not the relay's own; PEM, and the same in files. */
  readonly tls: {
    readonly cert: string;
    readonly key: string;
    readonly ca: string;
    readonly certFile: string;
    readonly keyFile: string;
    readonly caFile: string;
  };
  readonly apiserver: { readonly http1Port: number; readonly http2Port: number };
  readonly identity: BenchIdentity;
  /** What the agent shows the apiserver. */
  readonly agentToken: string;
  readonly agentTokenFile: string;
}
