// A client assertion that another issuer signed: the application's federated credential has to name its issuer, subject and
// audience exactly, and the signature has to be of that issuer's keys. Microsoft's workload-identity-federation.md.
import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { RefusedRequest } from '../answers.ts';
import type { DirectoryApp } from '../directory.ts';
import { checkTimes } from './client-assertion.ts';
import type { ClientAssertion } from './client-assertion.ts';

/** Who may sign for workloads: the double's own issuers, and its tenants. */
export interface TrustedIssuer {
  readonly issuer: string;
  publicKey(keyId: unknown): KeyObject | undefined;
}

/** @throws RefusedRequest AADSTS700211, 700212, 700213, 700024, 50027 */
export function checkFederatedAssertion(
  assertion: ClientAssertion,
  app: DirectoryApp,
  issuers: readonly TrustedIssuer[],
  origin: string,
): void {
  const { header, claims, signed, signature } = assertion;
  const { iss, sub, aud } = claims;
  let candidates = app.federatedCredentials ?? [];
  if (candidates.length === 0) {
    throw refused(70025, `The client '${app.displayName}' has no configured federated identity credentials.`);
  }
  candidates = candidates.filter(({ issuer }) => (issuer.startsWith('/') ? origin + issuer : issuer) === iss);
  if (candidates.length === 0) throw noMatch(700211, 'issuer', iss);
  candidates = candidates.filter(({ subject }) => subject === sub);
  if (candidates.length === 0) throw noMatch(700213, 'subject', sub);
  candidates = candidates.filter(({ audience }) => audience === aud);
  if (candidates.length === 0) throw noMatch(700212, 'audience', aud);
  const key = issuers.find(({ issuer }) => issuer === iss)?.publicKey(header['kid']);
  if (header['alg'] !== 'RS256' || key === undefined || !verify('sha256', signed, key, signature)) {
    const reason = key === undefined ? 'The key was not found.' : 'The signature is not of the key.';
    throw refused(
      7000272,
      `Client assertion failed signature validation against its issuer's keys. [Reason - ${reason}]`,
    );
  }
  checkTimes(assertion);
}

function noMatch(number: number, what: string, value: unknown): RefusedRequest {
  const text = `No matching federated identity record found for presented assertion ${what} '${String(value)}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.`;
  return refused(
    number,
    `${text} https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
  );
}

function refused(number: number, text: string): RefusedRequest {
  return new RefusedRequest('invalid_client', number, text, 401);
}
