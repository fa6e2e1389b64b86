// The whole way of a request through the gateway, on one screen: limits → target → token → access → stream.
// The order matters: nothing is looked up for a head that is not strict, nothing is told of a cluster to a caller without a token.
import { AuthError, authRefusal, bearerToken, deniedError } from '../../auth/index.ts';
import type { DenyList, PopGate, TokenVerifier, VerifiedToken } from '../../auth/index.ts';
import {
  checkRequestHead,
  checkTarget,
  checkUpgradeTarget,
  encodeRequestHead,
  HttpError,
  newRequestId,
} from '../../http/index.ts';
import type { CheckedRequest, StatusOptions, UpgradeToken } from '../../http/index.ts';
import type { LiveSet } from '../../memory/index.ts';
import { errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { StreamRefusedError } from '../../tunnel/index.ts';
import type { TunnelStream } from '../../tunnel/index.ts';
import { mayUse } from '../access.ts';
import { GatewayError } from '../gateway-error.ts';
import type { AccessPolicy } from '../access.ts';
import type { StreamOpener, TunnelPicker } from '../registry/index.ts';
import { answerStatus } from './answer-status.ts';
import { auditStreamEnd } from './audit.ts';
import type { ServeApi } from './api-endpoint.ts';
import { Carry } from './carry.ts';
import type { EdgeCounters } from './edge-counters.ts';
import { BUSY, RETRY_AFTER_SECONDS } from './end-notice.ts';
import type { Exchange } from './exchange.ts';
import type { Router } from './route.ts';
import type { UserStreams } from './user-streams.ts';

export interface RequestChainOptions {
  readonly router: Router;
  readonly verifier: TokenVerifier;
  readonly access: AccessPolicy;
  readonly tunnels: TunnelPicker;
  readonly users: UserStreams;
  readonly counters: EdgeCounters;
  readonly logger: Logger;
  /** Carries that are running: for drains and idle limits. */
  readonly running: LiveSet<Carry>;
  /** Who may use a proof-of-possession token again. */
  readonly popHolder: 'address' | 'any';
  readonly popGate: PopGate;
  readonly denyList: DenyList | undefined;
  /** The id of a cluster, whether its agent is connected or not. */
  clusterId(name: string): Promise<string | undefined>;
  /** Requests for the management API. */
  readonly serveApi: ServeApi;
  readonly refuse: Refuse;
}

/** A request that has come some way through the chain. */
interface Passage {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly checked: CheckedRequest;
  readonly cluster: string;
  readonly method: string;
  readonly target: string;
  /** What the path route took off the target. */
  readonly pathPrefix: string;
  readonly upgrade: '' | UpgradeToken;
}

export function createRequestChain(options: RequestChainOptions): (exchange: Exchange) => void {
  const { router, verifier, access, tunnels, users, counters, logger, running, refuse } = options;

  function handle(exchange: Exchange): void {
    const requestId = newRequestId();
    try {
      const checked = checkHead(exchange); // limits, and every rule of strict parsing
      const route = router.route(exchange.serverName, checked.host, exchange.target); // target
      if (route.kind === 'api') {
        // The gateway's own API has nobody to act as, and a silently dropped --as would run as the caller.
        if (checked.asksToActAs) throw nobodyToActAs();
        return options.serveApi(exchange, checked, route.target, requestId);
      }
      if (route.kind === 'tunnel') throw notATunnel();
      checkTarget(route.target);
      if (checked.upgrade !== '') checkUpgradeTarget(route.target);
      const passage: Passage = {
        exchange,
        requestId,
        checked,
        cluster: route.cluster,
        method: exchange.method,
        target: route.target,
        pathPrefix: route.pathPrefix,
        upgrade: checked.upgrade,
      };
      const token = bearerToken(checked.authorization); // token
      const known = verifier.cached(token);
      if (known !== undefined) return admit(passage, known);
      verifier.verify(token).then(
        (verified) => attempt(passage, () => admit(passage, verified)),
        (error: unknown) => refuse(exchange, requestId, error),
      );
    } catch (error) {
      refuse(exchange, requestId, error);
    }
  }

  function admit(passage: Passage, verified: VerifiedToken): void {
    const { exchange, cluster } = passage;
    // While the token was verified: nobody would hear of it once the stream is open.
    if (exchange.isGone) return;
    const role = access.roleFor(cluster, verified); // access
    if (role === undefined) throw unknownCluster(cluster);
    if (!mayUse(role, passage)) {
      throw new GatewayError(
        'CC_ERR_GATEWAY_FORBIDDEN',
        `the role ${role} of cluster ${cluster} does not allow this request`,
      );
    }
    if (verified.pop === undefined) return pass(passage, verified);
    prove(passage, verified).then(
      () => attempt(passage, () => pass(passage, verified)),
      (error: unknown) => refuse(exchange, passage.requestId, error),
    );
  }

  // A proof of possession is for one cluster and one holder. Asked after access, so that its answer tells of no cluster.
  async function prove({ exchange, cluster }: Passage, verified: VerifiedToken): Promise<void> {
    // A client that hangs up meanwhile has no address any more.
    const holder = options.popHolder === 'any' ? '' : exchange.remoteAddress;
    const id = await options.clusterId(cluster);
    if (id === undefined) throw unknownCluster(cluster);
    if (exchange.isGone) return;
    await options.popGate.check(verified, id, holder);
    if (options.denyList?.denies(verified) === true) throw deniedError();
  }

  function pass(passage: Passage, verified: VerifiedToken): void {
    const { exchange, cluster } = passage;
    if (exchange.isGone) return;
    const tunnel = tunnels.pick(cluster); // stream
    if (tunnel === undefined) {
      options.clusterId(cluster).then(
        (id) =>
          refuse(
            exchange,
            passage.requestId,
            id === undefined ? unknownCluster(cluster) : notConnected(cluster),
          ),
        (error: unknown) => refuse(exchange, passage.requestId, error),
      );
      return;
    }
    if (!users.enter(verified)) {
      throw new GatewayError(
        'CC_ERR_GATEWAY_USER_STREAMS',
        'this user runs as many requests as one user may',
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    }
    openStream(passage, verified, tunnel);
  }

  function openStream(passage: Passage, verified: VerifiedToken, tunnel: StreamOpener): void {
    const { exchange, requestId, checked, target, cluster } = passage;
    const hasBody = checked.bodyLength !== 0;
    // What lives as long as the stream holds none of the head: a watch lasts for hours, and there the user's token is.
    const carry = new Carry({
      exchange,
      hasBody,
      upgrade: checked.upgrade,
      pathPrefix: passage.pathPrefix,
      requestId,
      onUnanswered: (notice) => {
        logger.info('gateway.request.unanswered', { requestId, hop: notice.hop, code: notice.code });
        answerStatus(exchange, notice, hasBody);
      },
      token: verified,
      onTokenEnd: (why) => auditStreamEnd(logger, { requestId, cluster, token: verified, why }),
      onDone: (outcome, status) => {
        running.delete(carry);
        users.leave(verified);
        counters.done(outcome, status);
      },
    });
    let stream: TunnelStream;
    try {
      const { headers, bodyLength, upgrade } = checked;
      const head = encodeRequestHead({
        method: exchange.method,
        target,
        headers,
        bodyLength,
        upgrade,
        requestId,
      });
      stream = openOnAny(cluster, tunnel, head, carry);
    } catch (error) {
      users.leave(verified);
      throw error;
    }
    // From here on the carry gives back what it took.
    running.add(carry);
    counters.started();
    carry.start(stream);
  }

  // A tunnel that is full is no reason to refuse what another one of the cluster would take.
  function openOnAny(cluster: string, first: StreamOpener, head: Buffer, carry: Carry): TunnelStream {
    let refused: Set<StreamOpener> | undefined;
    for (let tunnel = first; ;) {
      try {
        return tunnel.open(head, carry);
      } catch (error) {
        if (!(error instanceof StreamRefusedError)) throw error;
        refused = (refused ?? new Set()).add(tunnel);
        const next = tunnels.pick(cluster, refused);
        if (next === undefined) throw error;
        tunnel = next;
      }
    }
  }

  function attempt(passage: Passage, step: () => void): void {
    try {
      step();
    } catch (error) {
      refuse(passage.exchange, passage.requestId, error);
    }
  }

  return handle;
}

export type Refuse = (exchange: Exchange, requestId: string, error: unknown) => void;

/** Answers a request that the gateway does not carry, counts it and logs why. */
export function refuseExchange({ logger, counters }: { logger: Logger; counters: EdgeCounters }): Refuse {
  return (exchange, requestId, error) => {
    const status = statusOf(error, requestId);
    counters.refused(status.code);
    const fields = { requestId, status: status.code, code: errorCode(error), remote: exchange.remoteAddress };
    if (status.code === 500) logger.error('gateway.request.failed', { ...fields, error });
    else logger.info('gateway.request.refused', fields);
    // The body of a refused request is never read; where a head is not strict, nobody can say where its body ends.
    try {
      answerStatus(exchange, status, error instanceof HttpError || mayHaveBody(exchange));
    } catch (cause) {
      // Nobody is above this: what is thrown here would end the process.
      logger.error('gateway.answer.failed', { requestId, error: cause });
      exchange.abort();
    }
  };
}

// Any method may have a body (security S1), a GET too; without one the connection stays, for a client with a new token.
function mayHaveBody({ method, rawHeaders }: Exchange): boolean {
  if (method !== 'GET' && method !== 'HEAD') return true;
  return rawHeaders.some((name, at) => at % 2 === 0 && FRAMING.test(name));
}

const FRAMING = /^(?:content-length|transfer-encoding)$/i;

function checkHead(exchange: Exchange): CheckedRequest {
  const checked = checkRequestHead(exchange);
  // Node and the check read the same bytes; if they ever differ about an upgrade, nobody is served (security U1).
  if (exchange.isUpgrade !== (checked.upgrade !== '')) {
    throw new HttpError('CC_ERR_HTTP_BAD_UPGRADE', 'an Upgrade header without an upgrade');
  }
  return checked;
}

function statusOf(error: unknown, requestId: string): StatusOptions {
  if (error instanceof HttpError) {
    const { status: code, reason, message } = error;
    return { code, reason, message, hop: 'gateway', requestId, errorCode: error.code };
  }
  if (error instanceof GatewayError) {
    const { status: code, reason, message, retryAfterSeconds } = error;
    const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return { code, reason, message, hop: 'gateway', requestId, errorCode: error.code, ...retry };
  }
  if (error instanceof AuthError) {
    return { ...authRefusal(error), message: error.reason, hop: 'gateway', requestId, errorCode: error.code };
  }
  if (error instanceof StreamRefusedError) {
    return { ...BUSY, message: error.message, hop: 'tunnel', requestId, errorCode: error.code };
  }
  return { code: 500, reason: 'InternalError', message: 'the gateway failed', hop: 'gateway', requestId };
}

// The same words whether the cluster exists or not: a caller without a rule learns nothing.
function unknownCluster(cluster: string): GatewayError {
  return new GatewayError(
    'CC_ERR_GATEWAY_CLUSTER_UNKNOWN',
    `there is no cluster "${cluster}" that you may reach`,
  );
}

function notConnected(cluster: string): GatewayError {
  return new GatewayError(
    'CC_ERR_GATEWAY_CLUSTER_OFFLINE',
    `the agent of cluster "${cluster}" is not connected`,
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
  );
}

function nobodyToActAs(): HttpError {
  return new HttpError(
    'CC_ERR_HTTP_IDENTITY_HEADER',
    'the gateway’s own API has nobody to act as: leave out --as',
  );
}

function notATunnel(): GatewayError {
  return new GatewayError(
    'CC_ERR_GATEWAY_UPGRADE_REQUIRED',
    'agents open their tunnel here by a WebSocket upgrade',
  );
}
