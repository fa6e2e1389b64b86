// The management API: a table of routes, and what is true for all of them. Knows no socket: the edge reads requests
// and writes answers.
import { errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import type { ClusterStore } from '../store/index.ts';
import { errorAnswer } from './answer.ts';
import type { ManagementAnswer } from './answer.ts';
import { createJoinHandler } from './join.ts';
import { DEFAULT_MANAGEMENT_LIMITS } from './limits.ts';
import type { ManagementLimits } from './limits.ts';
import type { ManagementRequest, RouteHandler } from './request.ts';

export interface ManagementApiOptions {
  readonly store: ClusterStore;
  /** Of the gateway, as agents know it: an origin, the audience of their proofs. */
  readonly publicUrl: string;
  readonly logger: Logger;
  readonly limits?: Partial<ManagementLimits>;
}

export interface ManagementApi {
  /** Never rejects: whatever goes wrong is a Kubernetes Status. */
  handle(request: ManagementRequest): Promise<ManagementAnswer>;
}

export function createManagementApi(options: ManagementApiOptions): ManagementApi {
  const { store, publicUrl, logger } = options;
  const limits = { ...DEFAULT_MANAGEMENT_LIMITS, ...options.limits };
  /** Exact path, then exact method. */
  const routes: ReadonlyMap<string, ReadonlyMap<string, RouteHandler>> = new Map([
    ['/api/v1/join', new Map([['POST', createJoinHandler({ store, publicUrl, logger, limits })]])],
  ]);

  const route = async (request: ManagementRequest): Promise<ManagementAnswer> => {
    const { method, path, body, requestId } = request;
    const [bare = '', query] = path.split('?', 2);
    const methods = routes.get(bare);
    if (methods === undefined) return errorAnswer(404, 'the gateway has nothing at this path', requestId);
    const handler = methods.get(method);
    if (handler === undefined) {
      const allow = [...methods.keys()].join(', ');
      return errorAnswer(405, `this path takes ${allow} only`, requestId, { allow });
    }
    if (query !== undefined) return errorAnswer(400, 'this path takes no query', requestId);
    if (body.length > limits.maxBodyBytes) {
      return errorAnswer(413, `the body is larger than ${limits.maxBodyBytes} bytes`, requestId);
    }
    return handler(request);
  };

  return {
    async handle(request) {
      try {
        return await route(request);
      } catch (error) {
        logger.error('api.request.failed', { requestId: request.requestId, code: errorCode(error), error });
        return errorAnswer(500, 'the gateway failed to answer', request.requestId);
      }
    },
  };
}
