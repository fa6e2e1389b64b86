// The way to what a platform gives its own machines: never through a proxy, plain HTTP where the platform has it so (App
// Service, IMDS: link-local or this machine), and given up soon, since most machines have no such thing.
import { Agent } from 'undici';
import { asNetworkModule, createSend, dispatcherLimits } from './bounded-network.ts';
import type { BoundedNetwork, NetworkLimits, Send } from './bounded-network.ts';

export interface PlatformNetwork extends BoundedNetwork {
  /** Of the last answer: MSAL tries again by itself, and says of the last one only that there is no token in it. */
  lastStatus(): number | undefined;
}

export const PLATFORM_LIMITS: NetworkLimits = {
  connectMs: 3_000,
  answerMs: 15_000,
  totalMs: 30_000,
  answerBytes: 262_144,
};

export function createPlatformNetwork(limits: NetworkLimits = PLATFORM_LIMITS): PlatformNetwork {
  const { send, close } = createSend(
    () => new Agent({ ...dispatcherLimits(limits), connect: { timeout: limits.connectMs } }),
    limits,
  );
  let status: number | undefined;
  const noted: Send = async (...question) => {
    const answer = await send(...question);
    ({ status } = answer);
    return answer;
  };
  return { ...asNetworkModule(noted, close), lastStatus: () => status };
}
