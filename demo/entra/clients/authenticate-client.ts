// Which application makes a request, and what proves it: RFC 6749 §2.3, RFC 7523 §2.2, in Entra's words.
import { createHash } from 'node:crypto';
import { RefusedRequest, required } from '../answers.ts';
import { isPublicClient } from '../directory.ts';
import type { DirectoryApp } from '../directory.ts';
import type { Tenant } from '../tenant.ts';
import type { ClientCredential } from '../token-request.ts';
import { checkCertificateAssertion } from './certificate-assertion.ts';
import { ASSERTION_SKEW_SECONDS, ASSERTION_TYPE, invalid, parseAssertion } from './client-assertion.ts';
import type { ClientAssertion } from './client-assertion.ts';
import { checkFederatedAssertion } from './federated-assertion.ts';
import type { TrustedIssuer } from './federated-assertion.ts';

export interface AuthenticatedClient {
  readonly app: DirectoryApp;
  readonly credential: ClientCredential;
}

export interface ClientAuthentication {
  /** @throws RefusedRequest AADSTS700016 */
  find(form: URLSearchParams): DirectoryApp;
  /** For a grant that a public client may use as well: whoever has a credential must show it. @throws RefusedRequest */
  authenticate(form: URLSearchParams): AuthenticatedClient;
}

export interface ClientAuthenticationOptions {
  readonly tenant: Tenant;
  readonly origin: string;
  readonly issuers: readonly TrustedIssuer[];
  /** Also refuses the very same assertion a second time, which Entra does not, as MSAL sends it again while it lasts. */
  readonly assertionsOnce?: boolean;
}

const MAX_REMEMBERED_ASSERTIONS = 1_000;

export function createClientAuthentication(options: ClientAuthenticationOptions): ClientAuthentication {
  const { tenant, origin, issuers, assertionsOnce = false } = options;
  /** By client and `jti`: the digest of the assertion that used it. */
  const used = new Map<string, { readonly digest: string; readonly untilSeconds: number }>();
  const base = `${origin}/${tenant.tenantId}`;
  const endpoints = [`${base}/oauth2/v2.0/token`, `${base}/oauth2/token`];
  // Clients of version 1 copy the whole address.
  const audiences = [
    ...endpoints,
    `${base}/oauth2/token?api-version=1.0`,
    tenant.issuer(2),
    tenant.issuer(1),
  ];

  function find(form: URLSearchParams): DirectoryApp {
    const clientId = required(form, 'client_id');
    const app = tenant.directory.apps.find((candidate) => candidate.clientId === clientId);
    if (app !== undefined) return app;
    throw new RefusedRequest(
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenant.tenantId}'.`,
    );
  }

  function checkAssertion(text: string, app: DirectoryApp): void {
    const assertion = parseAssertion(text);
    const { iss } = assertion.claims;
    // What the application signed itself names the application; a workload's token names its own issuer.
    const hasFederation = (app.federatedCredentials ?? []).length > 0 || app.certificates === undefined;
    const isFederated = iss !== app.clientId && hasFederation;
    if (isFederated) checkFederatedAssertion(assertion, app, issuers, origin);
    else checkCertificateAssertion(assertion, app, { audiences });
    useOnce(text, assertion, app);
  }

  /** RFC 7523 §3, item 7: a `jti` belongs to one assertion. */
  function useOnce(text: string, { claims }: ClientAssertion, app: DirectoryApp): void {
    const now = Date.now() / 1000;
    for (const [name, { untilSeconds }] of used) {
      if (untilSeconds > now && used.size < MAX_REMEMBERED_ASSERTIONS) break;
      used.delete(name);
    }
    const digest = createHash('sha256').update(text).digest('base64url');
    const name = `${app.clientId} ${typeof claims['jti'] === 'string' ? claims['jti'] : digest}`;
    const earlier = used.get(name);
    if (earlier !== undefined && (assertionsOnce || earlier.digest !== digest)) {
      throw invalid('the assertion, or its jti, was used before');
    }
    used.set(name, { digest, untilSeconds: Number(claims['exp']) + ASSERTION_SKEW_SECONDS });
  }

  return {
    find,
    authenticate(form) {
      const app = find(form);
      const secret = form.get('client_secret');
      const assertion = form.get('client_assertion');
      if (secret === null && assertion === null) {
        if (isPublicClient(app)) return { app, credential: 'none' };
        throw new RefusedRequest(
          'invalid_client',
          7000218,
          "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
          401,
        );
      }
      if (assertion !== null) {
        if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
          const text = `The request body must contain 'client_assertion_type' with the value '${ASSERTION_TYPE}'.`;
          throw new RefusedRequest('invalid_request', 900144, text);
        }
        checkAssertion(assertion, app);
        return { app, credential: 'certificate' };
      }
      if (app.secret === undefined || secret !== app.secret) {
        const text = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`;
        throw new RefusedRequest('invalid_client', 7000215, text, 401);
      }
      return { app, credential: 'secret' };
    },
  };
}
