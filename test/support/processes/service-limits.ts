// The limits of a service under test across the process border: any of the product's, each a number.
import { z } from 'zod';
import type { GatewayLimits } from '../../../gateway/index.ts';
import type { AgentWaits } from '../../../relay-agent/index.ts';
import type { TunnelLimits } from '../../../tunnel/index.ts';

export interface ServiceLimits {
  readonly gateway: Partial<GatewayLimits>;
  readonly tunnel: Partial<TunnelLimits>;
  readonly agent: Partial<AgentWaits>;
}

const numbers = z.record(z.string(), z.number());
export const serviceLimitsSchema = z.object({ gateway: numbers, tunnel: numbers, agent: numbers });
