// An agent that somebody stole: it holds the real key, opens a real tunnel, and answers whatever a test tells it.
import { createAgentAssertion } from '../../auth/index.ts';
import type { AgentAssertionRequest } from '../../auth/index.ts';
import { loadOrCreateKey, loadRegistration } from '../../relay-agent/identity.ts';
import { dialTunnel, Session } from '../../tunnel/index.ts';
import type { DialRefusal, SessionHandler, Transport, TunnelError } from '../../tunnel/index.ts';
import type { RelayWorld } from './relay-world.ts';

export interface FakeAgent {
  readonly session: Session;
  /** How the session ended. */
  readonly closed: Promise<TunnelError | undefined>;
}

/** An assertion by the key of the world's own agent. */
export async function assertionOf(
  world: Pick<RelayWorld, 'agentConfig'>,
  changes: Partial<AgentAssertionRequest> = {},
): Promise<string> {
  const { stateDir } = world.agentConfig;
  const registration = await loadRegistration(stateDir);
  if (registration === undefined) throw new Error('the agent of this world has not registered');
  const { clusterId, gatewayUrl } = registration;
  return createAgentAssertion({
    privateKey: await loadOrCreateKey(stateDir),
    clusterId,
    audience: gatewayUrl,
    ...changes,
  });
}

/** Dials /tunnel as an agent would, with this assertion and these headers. */
export function dialAs(
  world: Pick<RelayWorld, 'port' | 'caPem'>,
  assertion: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Transport | DialRefusal> {
  return dialTunnel({
    url: `wss://127.0.0.1:${world.port}/tunnel`,
    headers: { authorization: `Bearer ${assertion}`, ...headers },
    ca: world.caPem,
    handshakeTimeoutMs: 5000,
    signal: new AbortController().signal,
  });
}

/** Ready when the gateway has said HELLO. */
export async function startFakeAgent(
  world: RelayWorld,
  onStream: NonNullable<SessionHandler['onStream']>,
): Promise<FakeAgent> {
  const transport = await dialAs(world, await assertionOf(world));
  if ('status' in transport) throw new Error(`refused with ${transport.status}: ${transport.body}`);
  const ready = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<TunnelError | undefined>();
  const session = new Session(
    transport,
    { onStream, onReady: () => ready.resolve(), onClose: (error) => closed.resolve(error) },
    { role: 'agent' },
  );
  await ready.promise;
  return { session, closed: closed.promise };
}
