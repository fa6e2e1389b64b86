// What happens to a request while the chain waits for something: its client may be gone by then.
import { describe, expect, it } from 'vitest';
import { createNonceMemory, createPopGate } from '../../../auth/index.ts';
import type { TokenVerifier, VerifiedToken } from '../../../auth/index.ts';
import {
  createEdgeCounters,
  createRequestChain,
  createRouter,
  createUserStreams,
  refuseExchange,
} from '../../../gateway/edge/index.ts';
import type { Carry } from '../../../gateway/edge/index.ts';
import type { Exchange } from '../../../gateway/edge/exchange.ts';
import { LiveSet } from '../../../memory/index.ts';
import { silentLogger } from '../../../observe/index.ts';
import { sessionPair } from '../../support/session-pair.ts';
import { settle } from '../../support/memory-transport.ts';
import { verifiedToken } from '../../support/verified-token.ts';

const VERIFIED = verifiedToken();
const CLUSTER_ID = '0b6f5ad2-54a3-4d3c-9a20-4f4a3f5d8c11';

interface Seen {
  readonly statuses: number[];
  aborts: number;
  listens: number;
}

function fakeExchange(changes: Partial<Exchange> & { readonly goneWhen?: () => boolean } = {}) {
  const seen: Seen = { statuses: [], aborts: 0, listens: 0 };
  const { goneWhen = () => false, ...rest } = changes;
  const exchange: Exchange = {
    slot: -1,
    httpVersion: '1.1',
    method: 'GET',
    target: '/api',
    rawHeaders: ['Host', 'relay.example', 'Authorization', 'Bearer abc'],
    hasBody: undefined,
    serverName: 'edge-1.clusters.internal',
    remoteAddress: '127.0.0.1',
    isUpgrade: false,
    get isGone() {
      return goneWhen();
    },
    isBehind: false,
    isCutShort: false,
    listen: () => {
      seen.listens += 1;
    },
    pauseBody: () => undefined,
    resumeBody: () => undefined,
    respond: (status) => {
      seen.statuses.push(status);
    },
    write: () => true,
    end: () => undefined,
    abort: () => {
      seen.aborts += 1;
    },
    ...rest,
  };
  return { exchange, seen };
}

async function startChain() {
  const verifying = Promise.withResolvers<VerifiedToken>();
  const verifier: TokenVerifier = {
    cached: () => undefined,
    verify: () => verifying.promise,
    close: async () => undefined,
  };
  // An agent that never answers.
  const ignore = { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined };
  const pair = sessionPair({ onStream: () => ignore });
  await settle();
  const running = new LiveSet<Carry>();
  const counters = createEdgeCounters();
  const refuse = refuseExchange({ logger: silentLogger, counters });
  const users = createUserStreams(1);
  const handle = createRequestChain({
    router: createRouter({
      ownHosts: ['relay.example'],
      clusterDomain: 'clusters.internal',
      hostDomain: undefined,
    }),
    verifier,
    access: { roleFor: () => 'user' },
    tunnels: { pick: () => pair.gateway },
    users,
    counters,
    logger: silentLogger,
    running,
    clusterId: async () => CLUSTER_ID,
    popHolder: 'address',
    denyList: undefined,
    popGate: createPopGate(createNonceMemory()),
    serveApi: () => undefined,
    refuse,
  });
  return { handle, verifying, running, users, session: pair.gateway, close: () => pair.gateway.close('') };
}

describe('a client that goes away while its token is verified', () => {
  it('leaves nothing behind: no stream, no carry, no place of its user', async () => {
    const chain = await startChain();
    let gone = false;
    const { exchange, seen } = fakeExchange({ goneWhen: () => gone });
    chain.handle(exchange);
    gone = true;
    chain.verifying.resolve(VERIFIED);
    await settle();
    expect(chain.session.openStreams).toBe(0);
    expect(chain.running.size).toBe(0);
    expect(seen).toEqual({ statuses: [], aborts: 0, listens: 0 });
    expect(chain.users.enter(VERIFIED)).toBe(true);
    chain.close();
  });

  it('while one that stays is carried', async () => {
    const chain = await startChain();
    const { exchange, seen } = fakeExchange();
    chain.handle(exchange);
    chain.verifying.resolve(VERIFIED);
    await settle();
    expect(seen.listens).toBe(1);
    expect(chain.running.size).toBe(1);
    expect(chain.users.enter(VERIFIED)).toBe(false);
    chain.close();
  });
});

describe('an exchange that throws', () => {
  const broken = (): never => {
    throw new Error('our own mistake');
  };

  it('when it is refused is aborted, and nobody else hears of it', async () => {
    const chain = await startChain();
    const { exchange, seen } = fakeExchange({ serverName: 'evil.example', respond: broken });
    expect(() => chain.handle(exchange)).not.toThrow();
    expect(seen.aborts).toBe(1);
    chain.close();
  });

  it.each(['write', 'end'] as const)('at %s while it is carried is aborted and forgotten', async (method) => {
    const chain = await startChain();
    const { exchange, seen } = fakeExchange({ [method]: broken });
    chain.handle(exchange);
    chain.verifying.resolve(VERIFIED);
    await settle();
    const [carry] = chain.running;
    expect(() => (method === 'write' ? carry?.onData(Buffer.from('x')) : carry?.onEnd())).toThrow(
      'our own mistake',
    );
    expect(seen.aborts).toBe(1);
    expect(chain.running.size).toBe(0);
    expect(chain.users.enter(VERIFIED)).toBe(true);
    chain.close();
  });
});
