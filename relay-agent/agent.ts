// The agent as a whole: its identity, its tunnels, its one upstream.
import { setTimeout as wait } from 'node:timers/promises';
import { createEntraVerifier, createPassThroughJudge, watchDenyList } from '../auth/index.ts';
import { createLogger, createMetrics, startPrivateListener } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import { DEFAULT_LIMITS } from '../tunnel/index.ts';
import type { TunnelLimits } from '../tunnel/index.ts';
import { AgentError } from './agent-error.ts';
import { afterTunnel, delayMs, FRESH_BACKOFF } from './backoff.ts';
import type { AgentConfig } from './config.ts';
import { createGroupFilter } from './groups/index.ts';
import { loadOrCreateKey, loadRegistration, saveRegistration } from './identity.ts';
import type { Registration } from './identity.ts';
import { joinCluster } from './join.ts';
import { AGENT_LIMITS } from './limits.ts';
import type { AgentWaits } from './limits.ts';
import { createStreamServer } from './serve-stream.ts';
import { watchServiceAccountToken } from './service-account.ts';
import { keepTunnel } from './tunnel-keeper.ts';
import type { TunnelKeeper } from './tunnel-keeper.ts';
import { createUpstream } from './upstream.ts';

export interface RunningAgent {
  readonly clusterName: string;
  /** Where /healthz, /readyz and /metrics are; undefined when the agent listens on nothing. */
  readonly privateUrl: string | undefined;
  readonly isConnected: boolean;
  /** How often a tunnel came up again after the first time, over all tunnels. */
  readonly reconnects: number;
  /** Resolves when all tunnels are up. */
  connected(): Promise<void>;
  /** Finishes running streams, up to the configured time, then closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface AgentOptions {
  readonly logger?: Logger;
  /** Ends the registration that is tried again and again, not a running agent. */
  readonly signal?: AbortSignal;
  readonly waits?: Partial<AgentWaits>;
  readonly tunnelLimits?: Partial<TunnelLimits>;
}

/** @throws AgentError when it cannot register, or when its state or its ServiceAccount token cannot be used */
export async function startAgent(config: AgentConfig, options: AgentOptions = {}): Promise<RunningAgent> {
  const logger = options.logger ?? createLogger({ level: config.logLevel });
  const waits: AgentWaits = { ...AGENT_LIMITS, ...options.waits };
  const tunnelLimits: TunnelLimits = { ...DEFAULT_LIMITS, ...options.tunnelLimits };
  // Closed in reverse: at once when a later step fails, else by drain() or close().
  await using parts = new AsyncDisposableStack();
  const privateKey = await loadOrCreateKey(config.stateDir);
  const registration = await register(config, privateKey, logger, options.signal);
  const serviceAccount = await watchServiceAccountToken(config.upstream.tokenFile, logger);
  parts.defer(() => serviceAccount.close());
  const upstream = createUpstream(config.upstream, waits);
  parts.defer(() => upstream.close());
  const denyList = config.denyListFile === undefined ? undefined : watchDenyList(config.denyListFile, logger);
  parts.defer(() => denyList?.close());
  const verifier = createEntraVerifier(config.entra, {
    logger,
    serviceAccounts: createPassThroughJudge(
      config.serviceAccountIssuers ?? [],
      config.entra.clockSkewSeconds,
    ),
    ...(denyList !== undefined && { denyList }),
  });
  parts.defer(() => verifier.close());
  const groups =
    config.groups === 'bound' ? createGroupFilter({ upstream, serviceAccount, logger }) : undefined;
  parts.defer(() => groups?.close());
  const server = createStreamServer({
    clusterId: registration.clusterId,
    verifier,
    upstream,
    serviceAccount,
    logger,
    ...(denyList !== undefined && { denyList }),
    ...(groups !== undefined && { groups }),
    ...(config.tokenGraceMs !== undefined && { tokenGraceMs: config.tokenGraceMs }),
  });
  parts.defer(() => server.close());

  const waiters: (() => void)[] = [];
  const keepers = Array.from({ length: config.tunnels }, () =>
    keepTunnel({
      config,
      registration,
      privateKey,
      serve: (stream, head) => server.serve(stream, head),
      logger,
      onChange,
      backoffCapMs: waits.BACKOFF_CAP_MS,
      tunnelLimits,
    }),
  );
  parts.defer(async () => {
    await Promise.all(keepers.map((keeper) => keeper.close()));
  });
  const allConnected = (): boolean => keepers.every((keeper) => keeper.isConnected);
  function onChange(): void {
    // Called from within a session's own callback: its keeper may not exist yet.
    queueMicrotask(() => {
      if (!allConnected()) return;
      for (const resolve of waiters.splice(0)) resolve();
    });
  }

  const metrics = createMetrics();
  metrics.gauge('cluster_connect_agent_tunnels', 'Tunnels that are up.', () => countConnected(keepers));
  metrics.gauge(
    'cluster_connect_agent_streams',
    'Streams that are being served.',
    () => server.activeStreams,
  );
  metrics.counter('cluster_connect_agent_reconnects_total', 'Tunnels that came up again.', () =>
    countReconnects(keepers),
  );
  const listener =
    config.privateListen === undefined
      ? undefined
      : await startPrivateListener(config.privateListen, {
          metrics,
          isReady: () => countConnected(keepers) > 0,
        });
  if (listener !== undefined) parts.defer(() => listener.close());

  const started = parts.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= started.disposeAsync();
    return closing;
  };
  return {
    clusterName: registration.clusterName,
    privateUrl: listener?.url,
    get isConnected() {
      return allConnected();
    },
    get reconnects() {
      return countReconnects(keepers);
    },
    connected: () => (allConnected() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    drain: async () => {
      await Promise.all(keepers.map((keeper) => keeper.drain(config.drainTimeoutMs)));
      await close();
    },
    close,
  };
}

// Registers once; a gateway that cannot be reached is tried again, a refused token is final.
async function register(
  config: AgentConfig,
  privateKey: Parameters<typeof joinCluster>[1],
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<Registration> {
  const known = await loadRegistration(config.stateDir);
  if (known !== undefined) return known;
  let backoff = FRESH_BACKOFF;
  for (;;) {
    try {
      const registration = await joinCluster(config, privateKey);
      await saveRegistration(config.stateDir, registration);
      logger.info('agent.registered', { cluster: registration.clusterName });
      return registration;
    } catch (error) {
      if (!(error instanceof AgentError) || !error.retryable || signal?.aborted === true) throw error;
      backoff = afterTunnel(backoff, 0);
      logger.warn('agent.join.failed', { code: error.code, error });
      await wait(delayMs(backoff, Math.random(), 0), undefined, signal === undefined ? {} : { signal });
    }
  }
}

function countConnected(keepers: readonly TunnelKeeper[]): number {
  return keepers.filter((keeper) => keeper.isConnected).length;
}

function countReconnects(keepers: readonly TunnelKeeper[]): number {
  return keepers.reduce((total, keeper) => total + keeper.reconnects, 0);
}
