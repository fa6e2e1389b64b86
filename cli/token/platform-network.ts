// The way to what a platform gives its own machines: never through a proxy, plain HTTP where the platform has it so (App
// Service, IMDS: link-local or this machine), and given up soon, since most machines have no such thing.
import { Agent } from 'undici';
import { asNetworkModule, createSend, dispatcherLimits } from './bounded-network.ts';
import type { BoundedNetwork, NetworkLimits } from './bounded-network.ts';

export const PLATFORM_LIMITS: NetworkLimits = {
  connectMs: 3_000,
  answerMs: 15_000,
  totalMs: 30_000,
  answerBytes: 262_144,
};

export function createPlatformNetwork(limits: NetworkLimits = PLATFORM_LIMITS): BoundedNetwork {
  const { send, close } = createSend(
    () => new Agent({ ...dispatcherLimits(limits), connect: { timeout: limits.connectMs } }),
    limits,
  );
  return asNetworkModule(send, close);
}
