// Many agents in one process, as far as their tunnels go: each is the relay-agent's own keeper with its dialling and its
// backoff, its own key and its own cluster. What lies behind an agent is left out: a request is answered with the cluster's name.
import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { encodeAnswerHead } from '../../http/index.ts';
import { silentLogger } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { keepTunnel } from '../../relay-agent/index.ts';
import type { TunnelKeeper } from '../../relay-agent/index.ts';
import { DEFAULT_LIMITS } from '../../tunnel/index.ts';
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { memberSchema } from './seed-clusters.ts';
import type { FleetMember } from './seed-clusters.ts';

export const fleetSpecSchema = z.object({
  gatewayUrl: z.string(),
  /** PEM. */
  gatewayCa: z.string(),
  members: z.array(memberSchema).readonly(),
});
export type FleetSpec = z.infer<typeof fleetSpecSchema>;

export const arrivalsSchema = z.object({
  /** When each tunnel came up, ascending; milliseconds of the wall clock, which every process of the machine shares. */
  upAtMs: z.array(z.number()),
  /** Dials that came to nothing since the last call, by the code of their error. */
  failedDials: z.record(z.string(), z.int()),
});
export type Arrivals = z.infer<typeof arrivalsSchema>;

interface Vessel {
  readonly keeper: TunnelKeeper;
  upAtMs: number;
}

interface Awaited {
  readonly sinceMs: number;
  readonly resolve: () => void;
}

/** Dials under way at once while a fleet is launched. All together would end together; only what comes back is that much at once. */
const LAUNCHED_AT_ONCE = 100;

export class Fleet {
  private readonly spec: FleetSpec;
  private readonly vessels: Vessel[] = [];
  private failedDials: Record<string, number> = {};
  private awaited: Awaited | undefined = undefined;

  constructor(spec: FleetSpec) {
    this.spec = spec;
    for (let count = 0; count < LAUNCHED_AT_ONCE; count += 1) this.launchNext();
  }

  /** Waits until every tunnel has come up since then, but no longer than `timeoutMs`. @returns whether all have */
  async allUp(sinceMs: number, timeoutMs: number): Promise<boolean> {
    if (this.isUpSince(sinceMs)) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.awaited = {
        sinceMs,
        resolve: () => {
          clearTimeout(timer);
          resolve(true);
        },
      };
    });
  }

  arrivals(): Arrivals {
    const { failedDials } = this;
    this.failedDials = {};
    return { upAtMs: this.vessels.map(({ upAtMs }) => upAtMs).toSorted((a, b) => a - b), failedDials };
  }

  async close(): Promise<void> {
    await Promise.all(this.vessels.map(({ keeper }) => keeper.close()));
  }

  private launchNext(): void {
    const member = this.spec.members[this.vessels.length];
    if (member !== undefined) this.vessels.push(this.launch(member));
  }

  private launch({ clusterId, clusterName, privateKey }: FleetMember): Vessel {
    const { gatewayUrl, gatewayCa } = this.spec;
    const name = Buffer.from(clusterName);
    let isNew = true;
    const vessel: Vessel = {
      keeper: keepTunnel({
        config: { gatewayUrl, gatewayCa },
        registration: { clusterId, clusterName, gatewayUrl },
        privateKey: createPrivateKey(privateKey),
        serve: (stream) => answer(stream, name),
        logger: this.logger,
        onChange: () => {
          vessel.upAtMs = vessel.keeper.isConnected ? Date.now() : 0;
          if (isNew && vessel.upAtMs > 0) {
            isNew = false;
            this.launchNext();
          }
          if (vessel.upAtMs === 0 || this.awaited === undefined || !this.isUpSince(this.awaited.sinceMs))
            return;
          this.awaited.resolve();
          this.awaited = undefined;
        },
        tunnelLimits: DEFAULT_LIMITS,
      }),
      upAtMs: 0,
    };
    return vessel;
  }

  private isUpSince(sinceMs: number): boolean {
    const isWhole = this.vessels.length === this.spec.members.length;
    return isWhole && this.vessels.every(({ upAtMs }) => upAtMs >= sinceMs && upAtMs > 0);
  }

  private readonly logger: Logger = {
    ...silentLogger,
    warn: (event, fields) => {
      if (event !== 'agent.tunnel.dial_failed') return;
      const code = String(fields?.['code']);
      this.failedDials[code] = (this.failedDials[code] ?? 0) + 1;
    },
  };
}

function answer(stream: TunnelStream, body: Buffer): StreamHandler {
  const headers = ['content-type', 'text/plain', 'content-length', String(body.byteLength)];
  stream.sendHead(encodeAnswerHead({ status: 200, headers }));
  stream.write(body);
  stream.end();
  return {
    onData: (chunk) => stream.consume(chunk.byteLength),
    onEnd: () => undefined,
    onReset: () => undefined,
  };
}
