import { afterEach, describe, expect, it, vi } from 'vitest';
import type { UserInfo } from '../../auth/index.ts';
import type { AskedIdentity } from '../../http/index.ts';
import { errorCode } from '../../observe/index.ts';
import { createActAs, impersonationChecks } from '../../relay-agent/act-as.ts';
import type { ActAs } from '../../relay-agent/act-as.ts';
import { AGENT_LIMITS } from '../../relay-agent/limits.ts';
import { upstreamDouble } from './upstream-double.ts';
import type { Dispatched } from './upstream-double.ts';

const USER: UserInfo = { name: 'bob', uid: '', groups: ['dev'], extra: { oid: ['1'] } };
const ASKED: AskedIdentity = {
  headers: [],
  user: 'carol',
  uid: 'u-1',
  groups: ['readers', ''],
  extra: [
    ['team', 'blue'],
    ['team', 'red'],
  ],
};
const serviceAccount = { authorization: () => 'Bearer agent', close: () => undefined };

function review(actAs: ActAs, asked: Partial<AskedIdentity> = {}, isGone = (): boolean => false) {
  return actAs.review({ requestId: 'id-1', user: USER, asked: { ...ASKED, ...asked }, isGone });
}

function actAsWith(onDispatch: (dispatched: Dispatched) => void): ActAs {
  return createActAs({ upstream: upstreamDouble(onDispatch), serviceAccount });
}

const reviewed = (status: object): string => JSON.stringify({ kind: 'SubjectAccessReview', status });
const ALLOWED = reviewed({ allowed: true });
const NOT = reviewed({ allowed: false });

function bodyOf({ body }: Dispatched): unknown {
  if (!Buffer.isBuffer(body)) throw new Error('no body');
  return JSON.parse(body.toString('utf8'));
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (value) => `resolved to ${JSON.stringify(value)}`,
    (error: unknown) => errorCode(error),
  );

afterEach(() => vi.useRealTimers());

describe('what the apiserver is asked', () => {
  it('is its own order: user, groups, extra, uid', () => {
    const core = { group: '', subresource: '', namespace: '' };
    const identity = { group: 'authentication.k8s.io', subresource: '', namespace: '' };
    expect(impersonationChecks(ASKED)).toEqual([
      { ...core, resource: 'users', name: 'carol' },
      { ...core, resource: 'groups', name: 'readers' },
      { ...core, resource: 'groups', name: '' },
      { ...identity, resource: 'userextras', subresource: 'team', name: 'blue' },
      { ...identity, resource: 'userextras', subresource: 'team', name: 'red' },
      { ...identity, resource: 'uids', name: 'u-1' },
    ]);
  });

  it.each([
    ['system:serviceaccount:ns:robot', 'ns', 'robot'],
    ['system:serviceaccount:a-1:a.b-c.d', 'a-1', 'a.b-c.d'],
    [`system:serviceaccount:${'n'.repeat(63)}:${'s'.repeat(253)}`, 'n'.repeat(63), 's'.repeat(253)],
  ])('about %s is about a ServiceAccount', (user, namespace, name) => {
    expect(impersonationChecks({ ...ASKED, user })[0]).toEqual({
      group: '',
      resource: 'serviceaccounts',
      subresource: '',
      namespace,
      name,
    });
  });

  it.each([
    'system:serviceaccount:ns',
    'system:serviceaccount:ns:',
    'system:serviceaccount::robot',
    'system:serviceaccount:ns:a:b',
    'system:serviceaccount:Ns:robot',
    'system:serviceaccount:ns:robot.',
    'system:serviceaccount:ns:.robot',
    'system:serviceaccount:ns:a..b',
    'system:serviceaccount:-ns:robot',
    'system:serviceaccount:n.s:robot',
    'system:serviceaccount:ns:robot\u00e9',
    `system:serviceaccount:${'n'.repeat(64)}:robot`,
    `system:serviceaccount:ns:${'s'.repeat(254)}`,
    'System:serviceaccount:ns:robot',
    'system:serviceaccounts:ns:robot',
    ' system:serviceaccount:ns:robot',
  ])('about %j is about a user', (user) => {
    expect(impersonationChecks({ ...ASKED, user })[0]).toMatchObject({ resource: 'users', name: user });
  });

  it('names the user of the token with all that the apiserver would know of him, in the agent’s own name', async () => {
    const seen: Dispatched[] = [];
    const actAs = actAsWith((dispatched) => {
      seen.push(dispatched);
      dispatched.answer(201, ALLOWED);
    });
    expect(await review(actAs)).toBeUndefined();
    expect(seen).toHaveLength(6);
    for (const { method, target, headers } of seen) {
      expect([method, target]).toEqual(['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews']);
      expect(headers).toContain('Bearer agent');
      expect(headers.filter((_, i) => i % 2 === 0)).toEqual([
        'accept',
        'content-type',
        'user-agent',
        'audit-id',
        'authorization',
      ]);
    }
    expect(seen.map(bodyOf)[3]).toEqual({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'bob',
        groups: ['dev', 'system:authenticated'],
        extra: { oid: ['1'] },
        resourceAttributes: {
          verb: 'impersonate',
          group: 'authentication.k8s.io',
          version: 'v1',
          resource: 'userextras',
          subresource: 'team',
          namespace: '',
          name: 'blue',
        },
      },
    });
  });
});

describe('a no', () => {
  it('is the first one, and ends the asking', async () => {
    let asked = 0;
    const actAs = actAsWith((dispatched) => {
      asked += 1;
      dispatched.answer(201, asked === 2 ? reviewed({ allowed: false, reason: 'because' }) : ALLOWED);
    });
    expect(await review(actAs)).toMatchObject({ user: 'bob', check: { name: 'readers' }, reason: 'because' });
    expect(asked).toBe(2);
  });

  it.each([
    ['not allowed', { allowed: false }],
    ['denied beside allowed', { allowed: true, denied: true }],
    ['an evaluation error beside allowed', { allowed: true, evaluationError: 'x' }],
    ['a denied that is no boolean', { allowed: true, denied: 'false' }],
    ['a reason that is no text', { allowed: false, reason: 7 }],
  ])('is %s', async (_, status) => {
    const actAs = actAsWith((dispatched) => dispatched.answer(201, reviewed(status)));
    expect(await review(actAs)).toMatchObject({ check: { name: 'carol' }, reason: '' });
  });
});

describe('no decision is a no', () => {
  const ANSWER = 'CC_ERR_AGENT_REVIEW_ANSWER';
  it.each([
    ['is no JSON', 201, ['allowed'], ANSWER],
    ['is empty', 201, [], ANSWER],
    ['is null', 201, ['null'], ANSWER],
    ['has no status', 201, ['{"kind":"SubjectAccessReview"}'], ANSWER],
    ['is of another kind', 201, [ALLOWED.replace('Subject', 'SelfSubject')], ANSWER],
    ['says allowed in text', 201, [reviewed({ allowed: 'true' })], ANSWER],
    ['says allowed as a number', 201, [reviewed({ allowed: 1 })], ANSWER],
    ['is an array', 201, [`[${ALLOWED}]`], ANSWER],
    ['says allowed elsewhere', 201, ['{"kind":"SubjectAccessReview","allowed":true}'], ANSWER],
    ['is another good status', 200, [ALLOWED], ANSWER],
    ['is a redirect', 302, [ALLOWED], ANSWER],
    ['refuses the agent’s token', 401, [ALLOWED], ANSWER],
    ['is a 404', 404, [ALLOWED], ANSWER],
    ['is a 500', 500, [ALLOWED], ANSWER],
    ['refuses the agent', 403, [ALLOWED], 'CC_ERR_AGENT_ACT_AS_DISABLED'],
    ['is that there is no time', 429, [ALLOWED], 'CC_ERR_AGENT_REVIEW_UNAVAILABLE'],
    ['is that there is no service', 503, [ALLOWED], 'CC_ERR_AGENT_REVIEW_UNAVAILABLE'],
    ['is too long', 201, [ALLOWED, ' '.repeat(AGENT_LIMITS.REVIEW_MAX_ANSWER_BYTES)], ANSWER],
  ])('when the answer %s', async (_, status, chunks, code) => {
    const actAs = actAsWith((dispatched) => dispatched.answer(status, ...chunks));
    expect(await codeOf(review(actAs))).toBe(code);
  });

  it('keeps the connection of an answer that refuses, and ends one that goes on for ever', async () => {
    const seen: Dispatched[] = [];
    const actAs = actAsWith((dispatched) => seen.push(dispatched));
    const first = codeOf(review(actAs));
    seen[0]?.answer(403, ALLOWED);
    expect(await first).toBe('CC_ERR_AGENT_ACT_AS_DISABLED');
    expect(seen[0]?.aborted()).toBeUndefined();
    const second = codeOf(review(actAs));
    seen[1]?.begin(403, ' '.repeat(AGENT_LIMITS.REVIEW_MAX_ANSWER_BYTES + 1));
    expect(await second).toBe('CC_ERR_AGENT_ACT_AS_DISABLED');
    expect(seen[1]?.aborted()).toBeInstanceOf(Error);
  });

  it('takes an answer that is just not too long, in pieces', async () => {
    const filler = ' '.repeat(AGENT_LIMITS.REVIEW_MAX_ANSWER_BYTES - ALLOWED.length);
    const actAs = actAsWith((dispatched) =>
      dispatched.answer(201, ALLOWED.slice(0, 9), ALLOWED.slice(9), filler),
    );
    expect(await codeOf(review(actAs))).toBe('resolved to undefined');
  });

  it('when nobody answers', async () => {
    const actAs = actAsWith((dispatched) => dispatched.fail(new Error('gone')));
    expect(await codeOf(review(actAs))).toBe('CC_ERR_AGENT_REVIEW_UNAVAILABLE');
  });

  it('when nothing can be sent', async () => {
    const actAs = actAsWith(() => {
      throw new Error('the pool is closed');
    });
    expect(await codeOf(review(actAs))).toBe('CC_ERR_AGENT_REVIEW_UNAVAILABLE');
  });

  it('when the answer breaks off after it began', async () => {
    const actAs = actAsWith((dispatched) => {
      // Whole to look at, but its end never came.
      dispatched.begin(201, ALLOWED);
      dispatched.fail(new Error('cut'));
    });
    expect(await codeOf(review(actAs))).toBe('CC_ERR_AGENT_REVIEW_UNAVAILABLE');
  });

  it('when it takes too long, over all questions of a request together', async () => {
    vi.useFakeTimers();
    const seen: Dispatched[] = [];
    const actAs = actAsWith((dispatched) => seen.push(dispatched));
    const code = codeOf(review(actAs));
    await vi.advanceTimersByTimeAsync(AGENT_LIMITS.REVIEW_TIMEOUT_MS - 1);
    seen[0]?.answer(201, ALLOWED);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(await code).toBe('CC_ERR_AGENT_REVIEW_TIMEOUT');
    expect(seen[0]?.aborted()).toBeUndefined();
    expect(seen[1]?.aborted()).toBeInstanceOf(Error);
    // What comes late changes nothing.
    seen[1]?.answer(201, ALLOWED);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('when the client is gone: nothing more is asked for it', async () => {
    let asked = 0;
    const actAs = actAsWith((dispatched) => {
      asked += 1;
      dispatched.answer(201, ALLOWED);
    });
    const refusal = await review(actAs, {}, () => asked === 2);
    expect(refusal).toMatchObject({ check: { name: '' } });
    expect(asked).toBe(2);
  });
});

describe('at once', () => {
  const only = { groups: [], extra: [], uid: '' };
  const reviewOf = (actAs: ActAs, name: string) =>
    actAs.review({
      requestId: 'id-1',
      user: { ...USER, name },
      asked: { ...ASKED, ...only },
      isGone: () => false,
    });

  it.each([
    ['the limit of all', AGENT_LIMITS.MAX_REVIEWED_REQUESTS, (i: number) => `user ${i}`, 'another'],
    ['the limit of one user', AGENT_LIMITS.MAX_REVIEWED_REQUESTS_PER_USER, () => 'bob', 'bob'],
  ])('it asks for no more requests than %s, and goes on when one is done', async (_, limit, nameOf, more) => {
    const seen: Dispatched[] = [];
    const actAs = actAsWith((dispatched) => seen.push(dispatched));
    const running = Array.from({ length: limit }, (_unused, i) => reviewOf(actAs, nameOf(i)));
    expect(await codeOf(reviewOf(actAs, more))).toBe('CC_ERR_AGENT_REVIEW_BUSY');
    seen[0]?.answer(201, NOT);
    expect(await running[0]).toMatchObject({ check: { name: 'carol' } });
    const next = reviewOf(actAs, more);
    expect(await codeOf(reviewOf(actAs, more))).toBe('CC_ERR_AGENT_REVIEW_BUSY');
    for (const dispatched of seen.slice(1)) dispatched.answer(201, ALLOWED);
    expect(await next).toBeUndefined();
    expect(await Promise.all(running.slice(1))).toEqual(running.slice(1).map(() => undefined));
  });

  it('one user who has as many as he may stops nobody else', async () => {
    const seen: Dispatched[] = [];
    const actAs = actAsWith((dispatched) => seen.push(dispatched));
    const bobs = Array.from({ length: AGENT_LIMITS.MAX_REVIEWED_REQUESTS }, () =>
      codeOf(reviewOf(actAs, 'bob')),
    );
    const alices = reviewOf(actAs, 'alice');
    for (const dispatched of seen) dispatched.answer(201, ALLOWED);
    expect(await alices).toBeUndefined();
    const passed = (await Promise.all(bobs)).filter((code) => code === 'resolved to undefined');
    expect(passed).toHaveLength(AGENT_LIMITS.MAX_REVIEWED_REQUESTS_PER_USER);
  });
});
