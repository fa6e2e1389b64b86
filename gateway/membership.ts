// What a gateway is told when it is one of several of an installation. Without it a gateway is alone.
import type { ReplayMemory } from '../auth/index.ts';
import type { TunnelDirectory } from './registry/index.ts';

export interface Membership {
  /** All listen on one address, and the kernel spreads connections over them. */
  readonly sharesPort: boolean;
  /** Where this process listens for its peers: inside a directory that is closed to everybody else. */
  readonly socketPath: string;
  /** What peers show each other (SPEC §9.2). */
  readonly secret: string;
  /** Of all alike, so that a TLS session is resumed wherever the client's next connection lands (RFC 8446 §4.6.1). */
  readonly ticketKeys: Buffer;
  readonly directory: TunnelDirectory;
  /** What one process took is used up for all: agents' assertions, and nonces of proof-of-possession tokens. */
  readonly replays: { readonly assertions: ReplayMemory; readonly nonces: ReplayMemory };
}
