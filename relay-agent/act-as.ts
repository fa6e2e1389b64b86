// kubectl --as through the relay: for each thing that is to be impersonated the apiserver is asked whether the user of
// the token may, exactly as it would ask itself if that user came directly (k8s.io/apiserver filters/impersonation.go).
import type { UserInfo } from '../auth/index.ts';
import type { AskedIdentity, ImpersonationCheck, ImpersonationRefusal } from '../http/index.ts';
import { reviewAccess } from './access-review.ts';
import { AGENT_LIMITS } from './limits.ts';
import { ReviewError } from './review-error.ts';
import type { ServiceAccountToken } from './service-account.ts';
import type { Upstream } from './upstream.ts';

export interface ActAsRequest {
  readonly requestId: string;
  readonly user: UserInfo;
  readonly asked: AskedIdentity;
  /** The client went away, or its token expired: nothing more is asked for it. */
  readonly isGone: () => boolean;
}

export interface ActAs {
  /**
   * Resolves to undefined when everything that was asked for is allowed, else to the first thing that is not.
   * Decisions are not kept: RBAC that was withdrawn holds for the next request, as it does without the relay, and
   * people type `--as` too seldom for a cache to save anything.
   *
   * @throws ReviewError when no decision can be had: nobody then acts as anybody
   */
  review(request: ActAsRequest): Promise<ImpersonationRefusal | undefined>;
}

export function createActAs(options: {
  readonly upstream: Upstream;
  readonly serviceAccount: ServiceAccountToken;
}): ActAs {
  const { upstream, serviceAccount } = options;
  let underWay = 0;
  /** No entry for a user who has none. */
  const underWayOf = new Map<string, number>();

  // One after the other: the first refusal ends it, as it does in the apiserver, and one request never asks in parallel.
  async function reviewAll(request: ActAsRequest): Promise<ImpersonationRefusal | undefined> {
    const { requestId, user } = request;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), AGENT_LIMITS.REVIEW_TIMEOUT_MS);
    const { signal } = deadline;
    try {
      for (const check of impersonationChecks(request.asked)) {
        if (request.isGone()) return { user: user.name, check, reason: 'nobody waits for the answer' };
        const authorization = serviceAccount.authorization();
        const review = { authorization, requestId, user, check, signal };
        const { allowed, reason } = await reviewAccess(upstream, review);
        if (!allowed) return { user: user.name, check, reason };
      }
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    review: async (request) => {
      const { name } = request.user;
      const ofUser = underWayOf.get(name) ?? 0;
      if (ofUser >= AGENT_LIMITS.MAX_REVIEWED_REQUESTS_PER_USER) throw busy('requests of this user');
      if (underWay >= AGENT_LIMITS.MAX_REVIEWED_REQUESTS) throw busy('requests');
      underWay += 1;
      underWayOf.set(name, ofUser + 1);
      try {
        return await reviewAll(request);
      } finally {
        underWay -= 1;
        const left = (underWayOf.get(name) ?? 0) - 1;
        if (left > 0) underWayOf.set(name, left);
        else underWayOf.delete(name);
      }
    },
  };
}

function busy(what: string): ReviewError {
  return new ReviewError(
    'CC_ERR_AGENT_REVIEW_BUSY',
    `the agent is asking for as many ${what} whether they may impersonate as it does at once`,
  );
}

const CORE = { group: '', subresource: '', namespace: '' } as const;
const IDENTITY = { group: 'authentication.k8s.io', subresource: '', namespace: '' } as const;

/** In the order of an apiserver before 1.36: the user, groups, extra, uid. It only matters for which no is told. */
export function impersonationChecks({ user, groups, extra, uid }: AskedIdentity): ImpersonationCheck[] {
  const checks: ImpersonationCheck[] = [
    serviceAccountCheck(user) ?? { ...CORE, resource: 'users', name: user },
  ];
  for (const name of groups) checks.push({ ...CORE, resource: 'groups', name });
  for (const [subresource, name] of extra) {
    checks.push({ ...IDENTITY, resource: 'userextras', subresource, name });
  }
  if (uid !== '') checks.push({ ...IDENTITY, resource: 'uids', name: uid });
  return checks;
}

// serviceaccount.SplitUsername: a DNS label for the namespace and a DNS subdomain for the name (RFC 1123); every other
// name is a user's.
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]{1,63}):([^:]{1,253})$/;
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

function serviceAccountCheck(user: string): ImpersonationCheck | undefined {
  const [, namespace = '', name = ''] = SERVICE_ACCOUNT.exec(user) ?? [];
  if (!DNS_LABEL.test(namespace) || !name.split('.').every((label) => DNS_LABEL.test(label)))
    return undefined;
  return { group: '', resource: 'serviceaccounts', subresource: '', namespace, name };
}
