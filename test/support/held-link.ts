// An edge listener and a way to it on which what comes back can be held: a client that is slow, as its system sees it.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Exchange } from '../../gateway/edge/exchange.ts';
import { startEdgeListener } from '../../gateway/edge/listener.ts';
import type { EdgeListener } from '../../gateway/edge/listener.ts';
import { GATEWAY_LIMITS } from '../../gateway/limits.ts';
import { boundPort } from '../../observe/index.ts';
import { testIdentity } from './test-authority.ts';

/** More than a system takes for a reader that reads nothing, and less than it takes for sending. */
export const HELD_BYTES = 1_000_000;

const TURNS_OF_TALK = 100;

/** A client that goes on sending: to a socket that is gone, the gateway's system answers it with a reset. */
export async function talkOn(talk: () => void): Promise<void> {
  for (let turn = 0; turn < TURNS_OF_TALK; turn += 1) {
    talk();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface HeldLink {
  readonly listener: EdgeListener;
  /** For one connection. */
  readonly port: number;
  /** Whether the gateway's end of the connection is gone for good. */
  readonly isCut: boolean;
  /** Passes nothing back any more; `discard` takes it from the gateway nevertheless. */
  hold(discard?: 'discard'): void;
  deliver(): void;
  close(): Promise<void>;
}

export async function startHeldLink(onExchange: (exchange: Exchange) => void): Promise<HeldLink> {
  const listener = await startEdgeListener({
    address: { host: '127.0.0.1', port: 0 },
    sharesPort: false,
    limits: GATEWAY_LIMITS,
    identities: { own: testIdentity(), clusters: testIdentity() },
    isClusterServerName: () => false,
    onExchange,
    onTunnel: () => undefined,
  });
  let ends: { readonly client: Socket; readonly gateway: Socket } | undefined;
  const server = createServer((client) => {
    const gateway = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
    gateway.setNoDelay();
    ends = { client, gateway };
    client.pipe(gateway);
    gateway.pipe(client);
    client.on('error', () => gateway.destroy());
    gateway.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    listener,
    port: boundPort(server),
    get isCut() {
      return ends?.gateway.destroyed ?? false;
    },
    hold: (discard) => {
      ends?.gateway.unpipe();
      if (discard === undefined) ends?.gateway.pause();
      else ends?.gateway.resume();
    },
    deliver: () => {
      if (ends !== undefined) ends.gateway.pipe(ends.client);
    },
    close: async () => {
      await listener.close();
      ends?.client.destroy();
      ends?.gateway.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
