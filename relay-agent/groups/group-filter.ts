// Whom to impersonate, of somebody in more groups than a token names: with those of his groups that the cluster's role
// bindings name, and without those that no binding knows. RBAC decides the same with 5 groups as with 5,000; the lines of
// 5,000 are more than the agent puts into a head, and a quarter of what a kube-apiserver reads of one.
import type { UserInfo, VerifiedToken } from '../../auth/index.ts';
import type { Logger } from '../../observe/index.ts';
import type { ServiceAccountToken } from '../service-account.ts';
import type { Upstream } from '../upstream.ts';
import { startBindingWatch } from './binding-watch.ts';
import { createBoundGroups } from './bound-groups.ts';
import type { BoundGroups } from './bound-groups.ts';
import { GroupFilterError } from './group-filter-error.ts';
import { GROUP_LIMITS } from './limits.ts';
import type { GroupLimits } from './limits.ts';
import { asHeaderBytes, BINDING_RESOURCES } from './role-bindings.ts';

export interface GroupFilter {
  /**
   * The hot path. Groups that all fit into a token pass as they are: also other authorizers, admission policies and
   * flow schemas look at groups, and nobody who does not need it should lose one.
   *
   * @throws GroupFilterError, which is retryable, for more groups while the bindings are not known. To drop groups would
   * take rights away that the user has, in words that send him to the wrong administrator.
   */
  impersonationOf(verified: VerifiedToken): readonly string[];
  /** The same user for a question about him, as `--as` asks it. @throws GroupFilterError */
  userOf(verified: VerifiedToken): UserInfo;
  /** Whether users of many groups are served: both kinds of bindings are listed and watched. */
  readonly isSynced: boolean;
  close(): void;
}

export interface GroupFilterOptions {
  readonly upstream: Upstream;
  readonly serviceAccount: ServiceAccountToken;
  readonly logger: Logger;
  /** For tests, which have no hours. */
  readonly limits?: Partial<GroupLimits>;
  /** In [0, 1). */
  readonly random?: () => number;
}

interface Filtered {
  readonly version: number;
  readonly headers: readonly string[];
}

export function createGroupFilter(options: GroupFilterOptions): GroupFilter {
  const { upstream, serviceAccount, logger, random = Math.random } = options;
  const limits: GroupLimits = { ...GROUP_LIMITS, ...options.limits };
  const table = createBoundGroups(limits);
  const closing = new AbortController();
  const watches = BINDING_RESOURCES.map((resource) =>
    startBindingWatch({
      resource,
      upstream,
      serviceAccount,
      table,
      limits,
      random,
      logger,
      signal: closing.signal,
    }),
  );
  const known = new WeakMap<VerifiedToken, Filtered>();

  function impersonationOf(verified: VerifiedToken): readonly string[] {
    if (verified.user.groups.length <= limits.UNFILTERED_GROUPS) return verified.impersonation;
    for (const { health } of watches) if (health !== 'good') throw unavailable(health);
    const before = known.get(verified);
    if (before?.version === table.version) return before.headers;
    const headers = keepBound(verified.impersonation, table);
    known.set(verified, { version: table.version, headers });
    return headers;
  }

  return {
    get isSynced() {
      return watches.every(({ health }) => health === 'good');
    },
    impersonationOf,
    userOf(verified) {
      const { user } = verified;
      if (impersonationOf(verified) === verified.impersonation) return user;
      return { ...user, groups: user.groups.filter((group) => table.has(asHeaderBytes(group))) };
    },
    close: () => closing.abort(new Error('the agent stops')),
  };
}

/** @param impersonation a flat name/value list of auth's impersonationHeaders */
function keepBound(impersonation: readonly string[], bound: BoundGroups): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < impersonation.length; index += 2) {
    const name = impersonation[index] ?? '';
    const value = impersonation[index + 1] ?? '';
    if (name !== 'impersonate-group' || bound.has(value)) kept.push(name, value);
  }
  return Object.freeze(kept);
}

function unavailable(health: 'starting' | 'forbidden' | 'broken'): GroupFilterError {
  const why = {
    starting: 'the agent has not read the role bindings of the cluster yet',
    broken: 'the agent cannot watch the role bindings of the cluster now',
    forbidden:
      'the agent may not list or watch role bindings: apply the ClusterRole cluster-connect-agent-group-filter of ' +
      'deploy/kubernetes/agent-rbac.yaml',
  }[health];
  return new GroupFilterError(`the user is in too many groups to pass them all on, and ${why}`);
}
