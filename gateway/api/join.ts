// POST /api/v1/join: an agent trades a join token for the registration of its public key. The one request that
// nobody is authenticated for, so it is bounded in size, in number and in failures for each address.
import { AuthError, verifyJoinProof } from '../../auth/index.ts';
import { errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { StoreError } from '../store/index.ts';
import type { Cluster, ClusterStore, StoreErrorCode } from '../store/index.ts';
import { errorAnswer, jsonAnswer } from './answer.ts';
import type { ErrorStatus, ManagementAnswer } from './answer.ts';
import { createFailureLimiter } from './failure-limiter.ts';
import { parseJoinRequest } from './join-request.ts';
import type { JoinRequest } from './join-request.ts';
import type { ManagementLimits } from './limits.ts';
import type { ManagementRequest, RouteHandler } from './request.ts';
import { isJsonRequest } from './request.ts';

export interface JoinDependencies {
  readonly store: ClusterStore;
  readonly publicUrl: string;
  readonly logger: Logger;
  readonly limits: ManagementLimits;
}

/** What an agent is told of the store's refusals; any other code is our trouble, not the agent's: 500. */
const STORE_STATUS: Partial<Record<StoreErrorCode, ErrorStatus>> = {
  CC_ERR_STORE_JOIN_TOKEN_REFUSED: 401,
  CC_ERR_STORE_KEY_REVOKED: 403,
  CC_ERR_STORE_KEY_TAKEN: 409,
  CC_ERR_STORE_LIMIT_KEYS: 409,
};

export function createJoinHandler({ store, publicUrl, logger, limits }: JoinDependencies): RouteHandler {
  const failures = createFailureLimiter({
    maxFailures: limits.maxFailedJoinsPerAddress,
    windowMs: limits.failedJoinWindowMs,
    maxAddresses: limits.maxRememberedAddresses,
  });
  let underWay = 0;

  /** The proof comes first: a token is never used up by a key whose owner did not ask for it (facts I2, I7). */
  const redeem = async (join: JoinRequest): Promise<Cluster> => {
    const key = await verifyJoinProof({ ...join, audience: publicUrl });
    const { thumbprint, jwk: publicKey } = key;
    const { joinToken } = join;
    const cluster = await store.redeemJoinToken({ joinToken, thumbprint, publicKey, nowMs: Date.now() });
    logger.info('api.join.accepted', { clusterId: cluster.id, clusterName: cluster.name, thumbprint });
    return cluster;
  };

  const refuse = (error: unknown, request: ManagementRequest): ManagementAnswer => {
    const { requestId, remoteAddress } = request;
    const { status, message } = refusal(error);
    if (status >= 500) logger.error('api.join.failed', { requestId, remoteAddress, error });
    else logger.warn('api.join.refused', { requestId, remoteAddress, code: errorCode(error) });
    if (status === 401) failures.countFailure(remoteAddress, Date.now());
    return errorAnswer(status, message, requestId, status === 503 ? { retryAfterSeconds: 1 } : {});
  };

  return async (request) => {
    const { requestId, remoteAddress } = request;
    const retryAfterSeconds = failures.retryAfterSeconds(remoteAddress, Date.now());
    if (retryAfterSeconds > 0) {
      return errorAnswer(429, 'too many failed joins from this address', requestId, { retryAfterSeconds });
    }
    if (underWay >= limits.maxJoinsUnderWay) {
      return errorAnswer(503, 'too many agents are joining now', requestId, { retryAfterSeconds: 1 });
    }
    if (!isJsonRequest(request.headers)) {
      return errorAnswer(415, 'the body must be application/json, not encoded', requestId);
    }
    const join = parseJoinRequest(request.body);
    if (typeof join === 'string') return errorAnswer(400, join, requestId);
    underWay += 1;
    try {
      const { id: clusterId, name: clusterName } = await redeem(join);
      return jsonAnswer({ clusterId, clusterName, gatewayUrl: publicUrl });
    } catch (error) {
      return refuse(error, request);
    } finally {
      underWay -= 1;
    }
  };
}

function refusal(error: unknown): { status: ErrorStatus; message: string } {
  if (error instanceof AuthError) return { status: error.retryable ? 503 : 401, message: error.reason };
  const status = error instanceof StoreError ? STORE_STATUS[error.code] : undefined;
  if (error instanceof StoreError && status !== undefined) return { status, message: error.message };
  return { status: 500, message: 'the gateway could not register the agent' };
}
