// The groups of somebody who is in more of them than fit into a token, from Microsoft Graph with the permission of an
// application. The address is made of settings and of an object id; what the token says about where to ask is not read.
import { silentLogger } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { AuthError } from '../auth-error.ts';
import { createAuthorityDispatcher } from '../authority-dispatcher.ts';
import { asGuid } from '../guid.ts';
import { createAppTokens } from './app-tokens.ts';
import { unavailable } from './graph-failure.ts';
import { createGraphReader } from './graph-reader.ts';
import { placeOfGraph } from './graph-settings.ts';
import type { GraphSettings } from './graph-settings.ts';
import { createGroupCache } from './group-cache.ts';
import type { KnownGroups } from './group-cache.ts';
import { readGroups } from './group-pages.ts';
import type { Principal } from './group-pages.ts';
import { GRAPH_LIMITS } from './limits.ts';
import type { GraphLimits } from './limits.ts';
import { createLookupGate } from './lookup-gate.ts';
import { createSendJson } from './send-json.ts';

export interface GroupLookup {
  /**
   * Object ids of security groups, direct and nested, in lower case and each once.
   *
   * @throws AuthError CC_ERR_AUTH_GRAPH_UNAVAILABLE or CC_ERR_AUTH_BUSY, both retryable; CC_ERR_AUTH_IDENTITY when the
   * directory no longer has the principal, CC_ERR_AUTH_GROUPS_OVERAGE for more groups than can be impersonated
   */
  groupsOf(principal: Principal): Promise<readonly string[]>;
  /** How long what it answered last about this principal is as good as new; 0 for what was answered because Graph is down. */
  freshForMs(principal: Principal): number;
  close(): Promise<void>;
}

export interface GroupLookupOptions {
  /** The authority of the tokens, e.g. `https://login.microsoftonline.com`. */
  readonly authorityHost: string;
  /** PEM, trusted in addition to the system's roots: for the authority and for Graph. */
  readonly authorityCa?: string;
  /** `http://[user:password@]host:port`, already matched against NO_PROXY for each of the two. */
  readonly authorityProxyUrl?: string;
  readonly graphProxyUrl?: string;
  readonly logger?: Logger;
  /** For tests, which have no hours. */
  readonly limits?: Partial<GraphLimits>;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** @throws ConfigError when the settings cannot be used */
export function createGroupLookup(settings: GraphSettings, options: GroupLookupOptions): GroupLookup {
  const { authorityHost, authorityCa, authorityProxyUrl, graphProxyUrl, random = Math.random } = options;
  const { logger = silentLogger } = options;
  const limits: GraphLimits = { ...GRAPH_LIMITS, ...options.limits };
  const place = placeOfGraph(settings, authorityHost);
  const bounds = {
    authorityCa,
    timeoutMs: limits.REQUEST_TIMEOUT_MS,
    maxResponseBytes: limits.MAX_ANSWER_BYTES,
  };
  const authority = createAuthorityDispatcher({ ...bounds, proxyUrl: authorityProxyUrl, connections: 2 });
  const graph = createAuthorityDispatcher({
    ...bounds,
    proxyUrl: graphProxyUrl,
    connections: limits.MAX_LOOKUPS,
  });
  const closing = new AbortController();
  const appTokens = createAppTokens({
    settings,
    place,
    send: createSendJson(authority, limits.REQUEST_TIMEOUT_MS),
    limits,
    random,
    signal: closing.signal,
  });
  const send = createSendJson(graph, limits.REQUEST_TIMEOUT_MS);
  const readPage = createGraphReader({ appTokens, send, limits, random });
  const gate = createLookupGate(limits.MAX_LOOKUPS, limits.MAX_WAITING_LOOKUPS);
  const cache = createGroupCache(limits);
  const pending = new Map<string, Promise<readonly string[]>>();

  async function ask(principal: Principal): Promise<readonly string[]> {
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(unavailable('the lookup took too long'));
    }, limits.LOOKUP_TIMEOUT_MS);
    const signal = AbortSignal.any([closing.signal, deadline.signal]);
    try {
      return await gate.run(
        () => readGroups(place.graphOrigin, principal, { readPage, limits, signal }),
        signal,
      );
    } catch (cause) {
      throw cause instanceof AuthError ? cause : unavailable('the lookup failed', cause);
    } finally {
      clearTimeout(timer);
    }
  }

  async function lookUp(
    key: string,
    principal: Principal,
    known: KnownGroups | undefined,
  ): Promise<readonly string[]> {
    try {
      const groups = await ask(principal);
      cache.set(key, groups);
      logger.debug('auth.graph.looked_up', { ...principal, groups: groups.length });
      return groups;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      const isStale = known !== undefined && error.retryable;
      if (!error.retryable) cache.delete(key);
      // Nobody was asked: the next one may have more luck at once.
      if (error.code !== 'CC_ERR_AUTH_BUSY') cache.setFailure(key, error);
      logger.warn('auth.graph.lookup_failed', { ...principal, error, stale: isStale });
      if (isStale) return known.groups;
      throw error;
    }
  }

  return {
    freshForMs(principal) {
      const known = cache.get(keyOf(checked(principal)));
      return known === undefined ? 0 : Math.max(0, limits.FRESH_MS - known.ageMs);
    },
    async groupsOf(asked) {
      const principal = checked(asked);
      if (closing.signal.aborted) throw unavailable('shutting down');
      const key = keyOf(principal);
      const known = cache.get(key);
      if (known !== undefined && known.ageMs < limits.FRESH_MS) return known.groups;
      const underWay = pending.get(key);
      if (underWay !== undefined) return underWay;
      const failure = cache.failure(key);
      if (failure !== undefined) {
        if (known !== undefined) return known.groups;
        throw failure;
      }
      const lookup = lookUp(key, principal, known).finally(() => pending.delete(key));
      pending.set(key, lookup);
      return lookup;
    },
    async close() {
      closing.abort(unavailable('shutting down'));
      await Promise.all([authority.destroy(), graph.destroy()]);
    },
  };
}

/** @throws TypeError */
function checked({ tenantId, objectId, kind }: Principal): Principal {
  const tenant = asGuid(tenantId);
  const object = asGuid(objectId);
  if (tenant === undefined || object === undefined) throw new TypeError('a principal has GUIDs');
  return { tenantId: tenant, objectId: object, kind };
}

function keyOf({ tenantId, objectId, kind }: Principal): string {
  return `${tenantId}/${kind}/${objectId}`;
}
