// What a GitHub workflow has to be somebody: a request token, and an endpoint that exchanges it for an OIDC token of the
// run. Source: GitHub's "OpenID Connect reference"; kubelogin's githubactionscredential.go.
import { randomBytes } from 'node:crypto';
import type { JsonAnswer } from '../answers.ts';
import type { FederatedCredential } from '../directory.ts';
import { EXCHANGE_AUDIENCE, createFederatedIssuer } from './federated-issuer.ts';
import type { FederatedIssuer } from './federated-issuer.ts';
import type { RouteRequest } from '../routes.ts';

export interface GithubRun {
  /** ACTIONS_ID_TOKEN_REQUEST_URL: has a query already, as GitHub's. */
  readonly requestUrl: string;
  /** ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  readonly requestToken: string;
  readonly clientId: string;
}

export interface GithubDouble {
  readonly issuer: FederatedIssuer;
  readonly run: GithubRun;
  /** undefined for a path that is not its own */
  answer(request: RouteRequest): JsonAnswer | undefined;
}

const ISSUER_PATH = '/github-actions';
const TOKEN_PATH = '/github-actions/run-service/idtoken';
const REPOSITORY = 'contoso/shop';
const SUBJECT = `repo:${REPOSITORY}:ref:refs/heads/main`;

/** What an application is given so that the workflow runs of that branch are it. */
export const GITHUB_CREDENTIAL: FederatedCredential = {
  issuer: ISSUER_PATH,
  subject: SUBJECT,
  audience: EXCHANGE_AUDIENCE,
};

export function createGithub(origin: string, clientId: string): GithubDouble {
  const issuer = createFederatedIssuer(origin, ISSUER_PATH);
  const requestToken = randomBytes(48).toString('base64url');
  return {
    issuer,
    run: { requestUrl: `${origin}${TOKEN_PATH}?api-version=2.0`, requestToken, clientId },
    answer({ method, headers, url: { pathname, searchParams } }) {
      if (pathname !== TOKEN_PATH) return undefined;
      if (method !== 'GET') return { status: 405, body: { message: 'method not allowed' } };
      // The scheme's name is compared without regard to case: RFC 9110 §11.1, and clients write `bearer`.
      const [scheme = '', token = ''] = (headers.authorization ?? '').split(' ');
      if (scheme.toLowerCase() !== 'bearer' || token !== requestToken) {
        return { status: 401, body: { message: 'unauthorized' } };
      }
      const audience = searchParams.get('audience') ?? `https://github.com/${REPOSITORY.split('/', 1)[0]}`;
      const claims = { repository: REPOSITORY, ref: 'refs/heads/main', event_name: 'push', run_id: '1' };
      const value = issuer.issue({ subject: SUBJECT, audience, ttlSeconds: 300, claims });
      return { status: 200, body: { count: value.length, value } };
    },
  };
}
