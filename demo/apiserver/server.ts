// The demo's API server: the parts put together behind one TLS port, for machines that have no cluster.
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import { createAuthority } from '../../gateway/pki/index.ts';
import { silentLogger } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { createAuthorizer } from './access/authorizer.ts';
import { bootstrapObjects } from './access/bootstrap.ts';
import type { AgentAccount } from './access/bootstrap.ts';
import { AUTHENTICATED, createTokenTable } from './access/token-table.ts';
import { createExchange } from './exchange.ts';
import { textAt } from './json.ts';
import { IDLE_TIMEOUT_MS, MAX_CONCURRENT_STREAMS, MAX_HEADER_BYTES } from './limits.ts';
import { createObjectStore } from './objects/object-store.ts';
import { createServerSideApply } from './objects/server-side-apply.ts';
import { createWatchHub } from './objects/watch-hub.ts';
import { createWriter } from './objects/writer.ts';
import { SERVICE_ACCOUNTS } from './resource-types.ts';
import { answerRequest, answerUpgrade } from './route.ts';
import type { AuditRecord, RouteContext } from './route.ts';
import { STANDIN_VERSION } from './schema/openapi.ts';
import { applyManifests } from './seed.ts';
import { simulateControllers } from './simulated/controllers.ts';
import { createPodExec } from './simulated/exec.ts';
import { simulateKubelet } from './simulated/kubelet.ts';
import { createPodLogs } from './simulated/logs.ts';
import { addNode } from './simulated/node.ts';
import { createWorkQueue } from './simulated/work-queue.ts';
import { simulateWorkloads } from './simulated/workloads.ts';

const TOKEN_SECONDS = 86_400;

export interface DemoApiserverOptions {
  /** 0, the default, takes a free port of 127.0.0.1. */
  readonly port?: number;
  readonly logger?: Logger;
  /** The ServiceAccount of `agentToken`; `cluster-connect/cluster-connect-agent` by default. */
  readonly agent?: AgentAccount;
  /** How long a simulated pod takes to start and to end; 150 ms by default. */
  readonly podDelayMs?: number;
  /** Between two lines of a followed log; 1 s by default. */
  readonly logIntervalMs?: number;
  /** Told of every request once it was judged. */
  readonly onRequest?: (record: AuditRecord) => void;
}

export interface DemoApiserver {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** The CA of the server's certificate. */
  readonly caPem: string;
  /** The agent's ServiceAccount token: it may impersonate, and hardly anything else. */
  readonly agentToken: string;
  /** A token of group system:masters. */
  readonly adminToken: string;
  /** Creates or merges objects, given as YAML or as values. @throws StatusError */
  apply(manifests: string | readonly unknown[]): void;
  close(): Promise<void>;
}

/** Ready when it resolves. Listens on 127.0.0.1 only. */
export async function startDemoApiserver(options: DemoApiserverOptions = {}): Promise<DemoApiserver> {
  const logger = (options.logger ?? silentLogger).child({ part: 'standin-apiserver' });
  const agent = options.agent ?? { namespace: 'cluster-connect', name: 'cluster-connect-agent' };
  const authority = createAuthority('cluster-connect demo API server');
  const { certificatePem, privateKeyPem } = authority.issueServerCertificate({
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1'],
  });
  const store = createObjectStore();
  const authorizer = createAuthorizer(store);
  const writer = createWriter(store, authorizer);
  const tokens = createTokenTable();
  const serverSideApply = createServerSideApply();
  store.subscribe(({ action, object }) => {
    if (action === 'deleted') serverSideApply.forget(textAt(object, 'metadata', 'uid'));
  });
  const queue = createWorkQueue(logger);
  simulateControllers(store, writer, queue, authority.certificatePem);
  simulateWorkloads(store, writer, queue);
  simulateKubelet(store, queue, { podDelayMs: options.podDelayMs ?? 150 });
  addNode(store);
  applyManifests(store, writer, bootstrapObjects(agent));

  // Node takes this one for its HTTP/1.1 side too, though its types do not say so.
  const http1Limits = { maxHeaderSize: MAX_HEADER_BYTES };
  const server = createSecureServer({
    ...http1Limits,
    key: privateKeyPem,
    cert: certificatePem,
    minVersion: 'TLSv1.2',
    allowHTTP1: true,
    http1Options: { keepAliveTimeout: IDLE_TIMEOUT_MS },
    settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
  });
  let address = '';
  const context: RouteContext = {
    store,
    writer,
    serverSideApply,
    authorizer,
    tokens,
    watchHub: createWatchHub(store, { dropped: (bytes) => logger.warn('standin.watch.dropped', { bytes }) }),
    logs: createPodLogs(options.logIntervalMs ?? 1_000),
    exec: createPodExec(),
    address: () => address,
    audit(record) {
      logger.debug('standin.request', { ...record, impersonatedUser: record.impersonatedUser?.name });
      options.onRequest?.(record);
    },
    failed: (error) => logger.error('standin.request.failed', { error }),
  };
  const sockets = serve(server, context);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  address = `127.0.0.1:${port}`;
  const url = `https://${address}`;
  logger.info('standin.started', {
    url,
    version: STANDIN_VERSION,
    note: 'a stand-in for Kubernetes: pods are simulated',
  });

  const account = store.get(SERVICE_ACCOUNTS, agent.namespace, agent.name);
  const uid = textAt(account, 'metadata', 'uid');
  const admin = { name: 'kubernetes-admin', uid: '', groups: ['system:masters', AUTHENTICATED], extra: {} };
  let closing: Promise<void> | undefined;
  return {
    url,
    port,
    caPem: authority.certificatePem,
    agentToken: tokens.issueServiceAccount({ ...agent, uid }, TOKEN_SECONDS),
    adminToken: tokens.issue(admin, TOKEN_SECONDS),
    apply: (manifests) => applyManifests(store, writer, manifests),
    close() {
      closing ??= stop(server, sockets, context, () => queue.close());
      return closing;
    },
  };
}

function serve(server: Http2SecureServer, context: RouteContext): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void answerRequest(context, createExchange(request, response));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    answerUpgrade(context, { request, socket, head });
  });
  return sockets;
}

async function stop(
  server: Http2SecureServer,
  sockets: ReadonlySet<Socket>,
  { watchHub, logs, exec }: RouteContext,
  stopWork: () => void,
): Promise<void> {
  stopWork();
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  watchHub.close();
  logs.close();
  exec.close();
  // What still hangs on is cut, one turn later, so that the ends of streams go out first.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  for (const socket of sockets) socket.destroy();
  await closed;
}
