// What the supervisor and a gateway process say to each other over Node's IPC.
import type { ReplayVerdict } from '../../auth/index.ts';
import type { MetricsSnapshot } from '../../observe/index.ts';
import type { TunnelLimits } from '../../tunnel/index.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayLimits } from '../limits.ts';
import type { PeerAddress } from '../registry/index.ts';

/** Cluster name and how many of its tunnels take streams. */
export type TunnelCounts = readonly (readonly [clusterName: string, tunnels: number])[];

export interface StartMessage {
  readonly kind: 'start';
  /** 1 to the number of processes; in every log line. */
  readonly number: number;
  readonly config: GatewayConfig;
  readonly limits: Partial<GatewayLimits>;
  readonly tunnelLimits: Partial<TunnelLimits>;
  readonly socketPath: string;
  readonly secret: string;
  /** base64 */
  readonly ticketKeys: string;
}

/** What the supervisor remembers for all processes: agents' assertions, nonces of proof-of-possession tokens. */
export type MemoryName = 'assertions' | 'nonces';

export interface ClaimMessage {
  readonly kind: 'claim';
  readonly id: number;
  readonly memory: MemoryName;
  readonly owner: string;
  readonly tokenId: string;
  readonly expiresAtMs: number;
  readonly holder?: string;
}

export type ToProcess =
  | StartMessage
  | { readonly kind: 'peer'; readonly peer: PeerAddress }
  | { readonly kind: 'peer-gone'; readonly peerId: string }
  | { readonly kind: 'peer-tunnels'; readonly peerId: string; readonly counts: TunnelCounts }
  | { readonly kind: 'claimed'; readonly id: number; readonly verdict: ReplayVerdict }
  | { readonly kind: 'read-metrics' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'close' };

export type FromProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'tunnels'; readonly counts: TunnelCounts }
  | ClaimMessage
  | { readonly kind: 'metrics'; readonly snapshot: MetricsSnapshot };

const TO_PROCESS: ReadonlySet<unknown> = new Set<ToProcess['kind']>([
  'start',
  'peer',
  'peer-gone',
  'peer-tunnels',
  'claimed',
  'read-metrics',
  'drain',
  'close',
]);
const FROM_PROCESS: ReadonlySet<unknown> = new Set<FromProcess['kind']>([
  'ready',
  'failed',
  'tunnels',
  'claim',
  'metrics',
]);

// The channel is a pipe between two processes of this same program: what a message is decides its kind alone.
export function isToProcess(message: unknown): message is ToProcess {
  return TO_PROCESS.has(kindOf(message));
}

export function isFromProcess(message: unknown): message is FromProcess {
  return FROM_PROCESS.has(kindOf(message));
}

function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'kind' in message ? message.kind : undefined;
}
