// Hop "rbac": who the cluster thinks you are, and what it lets you do in the namespace. Questions about oneself: nothing
// is stored, and a viewer may ask them too.
import { ask } from './ask.ts';
import type { Answer } from './ask.ts';
import { blame } from './blame.ts';
import { brokenOff } from './broken-off.ts';
import { isEntry, textOf } from './entry.ts';
import type { Entry } from './entry.ts';
import { failed, ok } from './hops.ts';
import type { Facts, Outcome } from './hops.ts';
import type { Carried } from './probe-cluster.ts';
import { shown } from './scrub.ts';
import { readJson } from './status.ts';

const IDENTITY = 'authentication.k8s.io/v1';
const AUTHORIZATION = 'authorization.k8s.io/v1';
const MAX_SHOWN_GROUPS = 20;

/** What people come for, by the words of `kubectl auth can-i`. */
const USUAL = [
  { verb: 'list', resource: 'pods' },
  { verb: 'get', resource: 'pods', subresource: 'log' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  { verb: 'create', group: 'apps', resource: 'deployments' },
  { verb: 'get', resource: 'secrets' },
] as const;

export async function probeRbac(carried: Carried): Promise<Outcome<Carried>> {
  const { namespace } = carried.way.route;
  const [identity, rules, ...usual] = await reviews(carried, namespace);
  for (const answer of [identity, rules, ...usual]) {
    if (answer instanceof Error) return failed('review-failed', brokenOff(answer, 'the cluster'));
    const refused = answer === undefined ? undefined : blame(withoutVersion(answer), carried);
    if (refused !== undefined) return { ...refused.failure, problem: 'review-failed' };
  }
  const userInfo = statusOf(identity)['userInfo'];
  const user = isEntry(userInfo) ? userInfo : {};
  const name = shown(textOf(user, 'username'));
  const allowed = USUAL.filter((_, at) => statusOf(usual[at])['allowed'] === true).map(wordsOf);
  const ruleCount = countRules(statusOf(rules));
  const facts = {
    user: name,
    groups: groupsOf(user),
    namespace,
    rules: ruleCount,
    rulesComplete: statusOf(rules)['incomplete'] !== true,
    mayDo: allowed,
  } satisfies Facts;
  // An old cluster, or one that took this right away too: what one may do shows when one does it.
  if (
    ![rules, ...usual].some(
      (answer) => answer !== undefined && !(answer instanceof Error) && answer.code < 300,
    )
  ) {
    return ok(carried, {
      message: 'the cluster does not tell you what you may do',
      facts: { user: name, namespace },
    });
  }
  const called = name === '' ? 'you' : `you (${name})`;
  if (ruleCount === 0 && allowed.length === 0) {
    return failed('nothing-allowed', {
      message: `the cluster lets ${called} do nothing in the namespace ${namespace}`,
      facts,
      advice: `Ask the operator of the cluster for a role: kubectl create rolebinding NAME --clusterrole view --namespace ${namespace} --user ${name || 'YOUR-OBJECT-ID'} (or --group, with the object id of one of your groups). If your rights are in another namespace, give it with --namespace.`,
    });
  }
  const message = `${name === '' ? 'the cluster does not say who you are' : `you are ${name}`}; in ${namespace} you may ${
    allowed.length === 0 ? 'do something else than the usual' : allowed.join(', ')
  }`;
  return ok(carried, { message, facts });
}

function reviews(carried: Carried, namespace: string): Promise<(Answer | Error)[]> {
  const { way, token } = carried;
  const post = (group: string, kind: string, spec?: Entry): Promise<Answer | Error> =>
    ask(way, {
      method: 'POST',
      path: `/apis/${group}/${kind.toLowerCase()}s`,
      token,
      body: { apiVersion: group, kind, ...(spec === undefined ? {} : { spec }) },
    }).catch((error: unknown) => (error instanceof Error ? error : new Error('no answer')));
  return Promise.all([
    post(IDENTITY, 'SelfSubjectReview'),
    post(AUTHORIZATION, 'SelfSubjectRulesReview', { namespace }),
    ...USUAL.map((usual) =>
      post(AUTHORIZATION, 'SelfSubjectAccessReview', { resourceAttributes: { namespace, ...usual } }),
    ),
  ]);
}

/** A review that RBAC refuses, or that an old cluster does not have, is no fault of a hop. */
function withoutVersion(answer: Answer): Answer {
  return answer.status?.hop === undefined && answer.code < 500
    ? { ...answer, code: 200, text: '"gitVersion"' }
    : answer;
}

function statusOf(answer: Answer | Error | undefined): Entry {
  if (answer === undefined || answer instanceof Error || answer.code > 299) return {};
  const status = readJson(answer.text)?.['status'];
  return isEntry(status) ? status : {};
}

/** Those beyond what every authenticated user has: questions about oneself. */
function countRules(status: Entry): number {
  const { resourceRules } = status;
  if (!Array.isArray(resourceRules)) return 0;
  return resourceRules.filter((rule) => isEntry(rule) && !isAboutOneself(rule['resources'])).length;
}

function isAboutOneself(resources: unknown): boolean {
  return (
    Array.isArray(resources) && resources.every((resource) => String(resource).startsWith('selfsubject'))
  );
}

function groupsOf(user: Entry): string[] {
  const { groups } = user;
  if (!Array.isArray(groups)) return [];
  const texts = groups.filter((group) => typeof group === 'string').map(shown);
  const more = texts.length - MAX_SHOWN_GROUPS;
  return more > 0 ? [...texts.slice(0, MAX_SHOWN_GROUPS), `and ${more} more`] : texts;
}

function wordsOf(usual: (typeof USUAL)[number]): string {
  const what = 'subresource' in usual ? `${usual.resource}/${usual.subresource}` : usual.resource;
  return `${usual.verb} ${what}`;
}
