// ServiceAccounts that come with their own tokens: who vouches for them, and what they may reach. A token of which no rule knows the
// key never enters a tunnel, so that an apiserver is no more in the open than it was.
import { createVouchingJudge, readServiceAccountKeys } from '../auth/index.ts';
import type { ServiceAccountJudge, ServiceAccountKeys, VerifiedToken } from '../auth/index.ts';
import { ConfigError } from '../observe/index.ts';
import type { ServiceAccountRulesFor } from './access.ts';
import type { ServiceAccountRule } from './config.ts';

export interface ServiceAccountAdmission {
  readonly judge: ServiceAccountJudge;
  /** The rules that vouched for this token, for the access policy. */
  readonly rulesFor: ServiceAccountRulesFor;
}

interface LoadedRule extends Omit<ServiceAccountRule, 'keys'> {
  readonly keys: ServiceAccountKeys;
}

/** @throws ConfigError that names every key set that cannot be used */
export function admitServiceAccounts(
  rules: readonly ServiceAccountRule[],
  clockSkewSeconds: number,
): ServiceAccountAdmission {
  const loaded = readKeys(rules);
  const rulesOf = new WeakMap<VerifiedToken, readonly LoadedRule[]>();
  return {
    judge: createVouchingJudge(loaded, clockSkewSeconds, (identity, by) => rulesOf.set(identity, by)),
    rulesFor: (token) => rulesOf.get(token) ?? [],
  };
}

function readKeys(rules: readonly ServiceAccountRule[]): LoadedRule[] {
  const problems: string[] = [];
  const loaded = rules.flatMap((rule, index) => {
    const keys = readServiceAccountKeys(rule.keys);
    if (typeof keys !== 'string') return [{ ...rule, keys }];
    problems.push(`the key set of serviceAccounts[${index}] ${keys}`);
    return [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded;
}
