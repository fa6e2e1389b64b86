// What the apiserver says to somebody who may not impersonate, word for word and byte for byte, so that kubectl prints
// through the relay what it prints without it (k8s.io/apiserver responsewriters.Forbidden, apimachinery NewForbidden).
// From 1.36 on the apiserver itself names the constrained verbs of KEP-5284, which nobody is asked about here.
import { goQuote } from './go-quote.ts';

/** One thing that is to be impersonated, as the apiserver's authorizer is asked about it (filters/impersonation.go). */
export interface ImpersonationCheck {
  readonly group: '' | 'authentication.k8s.io';
  readonly resource: 'users' | 'serviceaccounts' | 'groups' | 'userextras' | 'uids';
  /** The key of a user extra; else empty. */
  readonly subresource: string;
  /** Of a ServiceAccount; else empty. */
  readonly namespace: string;
  readonly name: string;
}

export interface ImpersonationRefusal {
  /** The one who asked. */
  readonly user: string;
  readonly check: ImpersonationCheck;
  /** The authorizer's; may be empty. */
  readonly reason: string;
}

/** The body of a 403 as the apiserver writes it: JSON with Go's escapes and a line feed at the end. */
export function impersonationForbiddenBody(refusal: ImpersonationRefusal): Buffer {
  const { check } = refusal;
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: messageOf(refusal),
    reason: 'Forbidden',
    details: {
      ...(check.name !== '' && { name: check.name }),
      ...(check.group !== '' && { group: check.group }),
      kind: check.resource,
    },
    code: 403,
  };
  return Buffer.from(`${JSON.stringify(status).replace(GO_ESCAPED, toUnicodeEscape)}\n`);
}

function messageOf({ user, check, reason }: ImpersonationRefusal): string {
  const { group, resource, subresource, namespace, name } = check;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${goQuote(namespace)}`;
  const sentence = `User ${goQuote(user)} cannot impersonate resource ${goQuote(full)} in API group ${goQuote(group)} ${where}`;
  // The apiserver's sanitizer sees the sentence, and neither the name before it nor the reason after it.
  const sanitised = sentence.replace(/[&<>]/g, (character) => HTML[character] ?? character);
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const subject = name === '' ? qualified : `${qualified} ${goQuote(name)}`;
  return `${subject} is forbidden: ${sanitised}${reason === '' ? '' : `: ${reason}`}`;
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

// What encoding/json escapes and JSON.stringify does not.
const GO_ESCAPED = /[&<>\u2028\u2029]/g;

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
