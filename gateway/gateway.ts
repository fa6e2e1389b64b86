// The gateway as a whole: its parts, put together and taken apart again in order.
import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createAssertionVerifier,
  createEntraVerifier,
  createNonceMemory,
  createPopGate,
  watchDenyList,
} from '../auth/index.ts';
import { hostName } from '../http/index.ts';
import { LiveSet } from '../memory/index.ts';
import { createLogger, createMetrics, startPrivateListener } from '../observe/index.ts';
import type { Logger, Metrics } from '../observe/index.ts';
import { DEFAULT_LIMITS, WindowBudget } from '../tunnel/index.ts';
import type { TunnelLimits } from '../tunnel/index.ts';
import { createAccessPolicy } from './access.ts';
import { createManagementApi } from './api/index.ts';
import type { GatewayConfig } from './config.ts';
import {
  createApiEndpoint,
  createEdgeCounters,
  createRequestChain,
  createRouter,
  createTunnelEndpoint,
  createUserStreams,
  endStreamsWithTokens,
  refuseExchange,
  startEdgeListener,
} from './edge/index.ts';
import type { Carry } from './edge/index.ts';
import { GATEWAY_LIMITS } from './limits.ts';
import type { GatewayLimits } from './limits.ts';
import type { Membership } from './membership.ts';
import { createPeers, peerLimits, startPeerEndpoint } from './peers/index.ts';
import { loadOrCreateAuthority } from './pki/index.ts';
import { createClusterRegistry, pickInOrder } from './registry/index.ts';
import { loadServedCertificates } from './served-certificates.ts';
import { admitServiceAccounts } from './service-accounts.ts';
import { openStore } from './store/index.ts';
import type { ClusterStore } from './store/index.ts';

export interface RunningGateway {
  /** Where it listens, as an URL on the address it was given. */
  readonly url: string;
  readonly port: number;
  /** Empty for one of several processes: their supervisor listens there. */
  readonly privateUrl: string;
  readonly metrics: Metrics;
  /** The gateway's own CA: what kubeconfigs and agents trust. */
  readonly authorityPem: string;
  readonly store: ClusterStore;
  readonly connectedTunnels: number;
  /** Announces the end, finishes what runs up to the configured time, then closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly logger?: Logger;
  readonly limits?: Partial<GatewayLimits>;
  readonly tunnelLimits?: Partial<TunnelLimits>;
  /** For one of several processes behind one port. */
  readonly membership?: Membership;
}

/** The file of the database below the data directory; `cluster-connect cluster add` opens the same. */
export const STORE_FILE = 'gateway.db';
/** The directory of the gateway's own CA below the data directory. */
export const AUTHORITY_DIRECTORY = 'ca';
/** The common name of that CA. */
export const AUTHORITY_NAME = 'cluster-connect gateway CA';

/** Of all processes together, where there are several: one cluster may have tunnels at two of them. */
export const CLUSTERS_METRIC = 'cluster_connect_gateway_clusters';
export const CLUSTERS_HELP = 'Clusters with a tunnel.';

const DRAIN_POLL_MS = 50;
/** How long clients may take to hear that what still runs after a drain is cut off. */
const FAREWELL_MS = 1000;
const BODY_SWEEP_MS = 5000;

/** @throws ConfigError, PkiError, StoreError, or the listener's own error when an address cannot be had */
export async function startGateway(
  config: GatewayConfig,
  options: GatewayOptions = {},
): Promise<RunningGateway> {
  const logger = options.logger ?? createLogger({ level: config.logLevel });
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const authority = loadOrCreateAuthority(join(config.dataDir, AUTHORITY_DIRECTORY), AUTHORITY_NAME);
  // Closed in reverse: at once when a later step fails, else by close().
  await using parts = new AsyncDisposableStack();
  const store = openStore(join(config.dataDir, STORE_FILE));
  parts.defer(() => store.close());
  const publicHost = hostName(new URL(config.publicUrl).host);
  const ownHosts = [publicHost];

  const { membership } = options;
  const denyList = config.denyListFile === undefined ? undefined : watchDenyList(config.denyListFile, logger);
  parts.defer(() => denyList?.close());
  const serviceAccounts = admitServiceAccounts(config.serviceAccounts ?? [], config.entra.clockSkewSeconds);
  const verifier = createEntraVerifier(config.entra, {
    logger,
    serviceAccounts: serviceAccounts.judge,
    ...(denyList !== undefined && { denyList }),
  });
  parts.defer(() => verifier.close());
  const growthPool = new WindowBudget(limits.MAX_GROWN_WINDOW_BYTES);
  const registry = createClusterRegistry(limits.MAX_TUNNELS_PER_CLUSTER, (clusterName, tunnels) =>
    membership?.directory.announce(clusterName, tunnels),
  );
  const peering = { logger, growthPool, limits: peerLimits(options.tunnelLimits) };
  const peerEndpoint =
    membership === undefined ? undefined : await startPeerEndpoint({ ...peering, ...membership, registry });
  parts.defer(() => peerEndpoint?.close());
  const peers =
    membership === undefined
      ? undefined
      : createPeers(membership.directory, { ...peering, secret: membership.secret });
  parts.defer(() => peers?.close());
  const counters = createEdgeCounters();
  const running = new LiveSet<Carry>();
  const router = createRouter({
    ownHosts,
    clusterDomain: config.clusterDomain,
    hostDomain: config.hostDomain,
  });
  const refuse = refuseExchange({ logger, counters });
  const assertions = createAssertionVerifier({
    audience: config.publicUrl,
    publicKeyOf: (clusterId, thumbprint) => store.publicKeyOf(clusterId, thumbprint),
    ...(membership === undefined ? {} : { replays: membership.replays.assertions }),
  });
  const tunnels = createTunnelEndpoint({
    limits,
    registry,
    store,
    assertions,
    growthPool,
    logger,
    tunnelLimits: { ...DEFAULT_LIMITS, ...options.tunnelLimits },
    isOwnHost: (host) => ownHosts.includes(hostName(host)),
  });
  const handle = createRequestChain({
    router,
    verifier,
    access: createAccessPolicy(config.access, serviceAccounts.rulesFor),
    popHolder: config.popHolder ?? 'address',
    denyList,
    popGate: createPopGate(membership?.replays.nonces ?? createNonceMemory()),
    tunnels: peers === undefined ? registry : pickInOrder(registry, peers),
    users: createUserStreams(limits.MAX_STREAMS_PER_USER),
    counters,
    logger,
    running,
    clusterId: async (name) => (await store.getClusterByName(name))?.id,
    refuse,
    serveApi: createApiEndpoint({
      api: createManagementApi({ store, publicUrl: config.publicUrl, logger }),
      limits,
      refuse,
    }),
  });
  const certificates = await loadServedCertificates(config, authority, publicHost);
  const listener = await startEdgeListener({
    address: config.listen,
    sharesPort: membership?.sharesPort ?? false,
    ticketKeys: membership?.ticketKeys,
    limits,
    identities: certificates.current,
    isClusterServerName: (name) => router.clusterOfServerName(name) !== undefined,
    onExchange: handle,
    onTunnel: (request, socket, head) => tunnels.handle(request, socket, head),
  });
  parts.defer(() => listener.close());
  parts.defer(() => tunnels.close());

  const renewal = setInterval(() => {
    certificates
      .renew(Date.now())
      .then((identities) => {
        if (identities === undefined) return;
        listener.setIdentities(identities);
        logger.info('gateway.certificates.renewed', {});
      })
      .catch((error: unknown) => logger.error('gateway.certificates.renewal_failed', { error }));
  }, limits.CERTIFICATE_CHECK_MS);
  renewal.unref();
  parts.defer(() => clearInterval(renewal));

  parts.defer(
    endStreamsWithTokens({
      running,
      denyList,
      graceMs: config.tokenGraceMs ?? 0,
      everyMs: limits.TOKEN_SWEEP_MS,
    }),
  );

  // Security D1: a body that stopped coming, while nothing on this side held it up.
  const bodySweep = setInterval(
    () => {
      const since = performance.now() - limits.BODY_IDLE_TIMEOUT_MS;
      for (const carry of running) if (carry.bodyWaitSinceMs < since) carry.giveUp('BODY_TIMEOUT');
    },
    Math.min(BODY_SWEEP_MS, limits.BODY_IDLE_TIMEOUT_MS),
  );
  bodySweep.unref();
  parts.defer(() => clearInterval(bodySweep));

  const metrics: Metrics = createMetrics();
  counters.register(metrics);
  metrics.gauge('cluster_connect_gateway_tunnels', 'Tunnels that are up.', () => registry.tunnelCount);
  const url = `https://${urlHost(config.listen.host)}:${listener.port}`;
  let ready = true;
  let privateUrl = '';
  if (peers === undefined) {
    metrics.gauge(CLUSTERS_METRIC, CLUSTERS_HELP, () => registry.clusterCount);
    const privateListener = await startPrivateListener(config.privateListen, {
      metrics,
      isReady: () => ready,
    });
    parts.defer(() => privateListener.close());
    privateUrl = privateListener.url;
    logger.info('gateway.started', { url, privateUrl, publicUrl: config.publicUrl });
  } else {
    // That they are up is for the supervisor to say, once.
    peers.register(metrics);
  }

  const started = parts.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      ready = false;
      await started.disposeAsync();
      logger.info('gateway.stopped', {});
    })();
    return closing;
  };
  return {
    url,
    port: listener.port,
    privateUrl,
    metrics,
    authorityPem: authority.certificatePem,
    store,
    get connectedTunnels() {
      return registry.tunnelCount;
    },
    drain: async () => {
      ready = false;
      logger.info('gateway.draining', { running: running.size });
      listener.stopListening();
      tunnels.drain();
      peerEndpoint?.drain();
      const openWork = (): number => listener.openExchanges + (peerEndpoint?.openStreams ?? 0);
      const deadline = performance.now() + config.drainTimeoutMs;
      // Not only what is carried: what waits for a token's key or for a slow reader is not cut off either.
      while (openWork() > 0 && performance.now() < deadline) await wait(DRAIN_POLL_MS);
      for (const carry of running) carry.giveUp('GATEWAY_STOPPED');
      const farewellEnd = performance.now() + FAREWELL_MS;
      while (openWork() > 0 && performance.now() < farewellEnd) await wait(DRAIN_POLL_MS);
      await close();
    },
    close,
  };
}

function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
