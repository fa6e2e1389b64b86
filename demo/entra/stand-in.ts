// The double's HTTPS server: what a client of login.microsoftonline.com finds there, as far as cluster-connect, MSAL and
// kubelogin ask. It signs in whoever asks: for demos and tests on this machine only.
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'undici';
import { createAuthority } from '../../gateway/pki/index.ts';
import { signInWithBrowser } from './authorize/browser.ts';
import { deviceLoginPage } from './device-login-page.ts';
import { findUser } from './directory.ts';
import type { Directory } from './directory.ts';
import { createGraphDoor } from './graph-door.ts';
import { createFederatedIssuer } from './identities/federated-issuer.ts';
import { GITHUB_CREDENTIAL, createGithub } from './identities/github.ts';
import { startManagedIdentity } from './identities/managed-identity.ts';
import { PIPELINES_CREDENTIAL, createPipelines } from './identities/pipelines.ts';
import { ELSEWHERE_PATH, faultOf, misbehave } from './misbehaviour.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import { respond } from './respond.ts';
import { createRoutes } from './routes.ts';
import type { Neighbour, TenantRoom } from './routes.ts';
import type { EntraStandIn, EntraStandInOptions } from './stand-in-options.ts';
import { createTenant } from './tenant.ts';
import type { Tenant } from './tenant.ts';
import { createTokenEndpoint } from './token-endpoint.ts';

/** The path of the issuer of `issueFederatedToken`, as a federated credential may name it. */
export const WORKLOAD_ISSUER_PATH = '/workload-cluster';
const MAX_BODY_BYTES = 64 * 1024;
const MAX_REMEMBERED_PATHS = 1_000;
const DEFAULT_TTL_SECONDS = 4500;

export async function startEntraStandIn(options: EntraStandInOptions = {}): Promise<EntraStandIn> {
  const host = options.host ?? '127.0.0.1';
  const authority = options.authority ?? createAuthority('Entra stand-in');
  const certificate = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: [host] });
  const paths: string[] = [];
  let fault: Misbehaviour = {};
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.privateKeyPem },
    (request, response) => {
      answer(request, response).catch(() => response.destroy());
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const origin = `https://${host}:${port}`;
  const tenant = createTenant({ ...options, origin });
  const { directory } = tenant;
  const tenants: readonly [Tenant, ...Tenant[]] = [
    tenant,
    ...(options.otherTenants ?? []).map((settings) => createTenant({ ...settings, origin })),
  ];

  const pipelines = createPipelines(origin, clientOf(directory, PIPELINES_CREDENTIAL.issuer));
  const github = createGithub(origin, clientOf(directory, GITHUB_CREDENTIAL.issuer));
  const workload = createFederatedIssuer(origin, WORKLOAD_ISSUER_PATH);
  const ownIssuers = [pipelines.issuer, github.issuer, workload];
  const issuers = [
    ...ownIssuers,
    ...tenants.map(({ issuer, publicKey }) => ({ issuer: issuer(2), publicKey })),
  ];
  const roomOf = (one: Tenant): TenantRoom => ({
    tenant: one,
    endpoint: createTokenEndpoint({
      tenant: one,
      origin,
      issuers,
      ttlSeconds: options.ttlSeconds ?? DEFAULT_TTL_SECONDS,
      pollIntervalSeconds: options.pollIntervalSeconds ?? 5,
      assertionsOnce: options.assertionsOnce ?? false,
    }),
  });
  const main = roomOf(tenant);
  const { deviceCodes } = main.endpoint;
  const graph = createGraphDoor(tenants);
  const route = createRoutes({
    origin,
    rooms: [main, ...tenants.slice(1).map(roomOf)],
    neighbours: [pipelines, github, ...ownIssuers.map(documentsOf)],
    graph,
  });
  const approve = (userCode: string, user: string): void =>
    deviceCodes.approve(userCode, findUser(directory, user).objectId);

  answer = async (request, response) => {
    const url = new URL(request.url ?? '/', origin);
    paths.push(url.pathname);
    if (paths.length > MAX_REMEMBERED_PATHS) paths.shift();
    if (url.pathname === '/devicelogin') {
      respond(
        response,
        deviceLoginPage(url.searchParams, directory, deviceCodes.waiting(), approve),
        undefined,
      );
      return;
    }
    // Who follows a redirect finds the right document, and a test finds the path among those asked for.
    const wasRedirected = url.pathname.startsWith(`${ELSEWHERE_PATH}/`);
    if (wasRedirected) url.pathname = url.pathname.slice(ELSEWHERE_PATH.length);
    const { method, headers } = request;
    const routed = route({ method, headers, url, body: await readBody(request) });
    const wrong = wasRedirected ? undefined : faultOf(fault, routed.area);
    const given =
      wrong === undefined || !('body' in routed.answer)
        ? routed.answer
        : misbehave(wrong, routed.answer, url);
    if (given !== undefined) respond(response, given, routed.area);
  };

  // Not before: it waits, and requests may come in already.
  const managedIdentity = await startManagedIdentity(tenant, origin, host);
  const dispatcher = new Agent({ connect: { ca: authority.certificatePem } });
  return {
    authorityHost: origin,
    caPem: authority.certificatePem,
    tenantId: tenant.tenantId,
    directory,
    tenants,
    audiences: [directory.api.clientId, directory.api.appIdUri],
    scope: `${directory.api.appIdUri}/.default`,
    pipelines: pipelines.job,
    github: github.run,
    managedIdentity: managedIdentity.identity,
    workloadIssuer: workload.issuer,
    issueToken: (request) => tenant.issueToken(request),
    issueFederatedToken: (request) => workload.issue(request),
    rotateKeys: (rotation) => tenant.rotateKeys(rotation),
    waitingDeviceCodes: () => deviceCodes.waiting(),
    approveDeviceCode: approve,
    declineDeviceCode: (userCode) => deviceCodes.decline(userCode),
    browserSignIn: (authorizeUrl, user) => signInWithBrowser(authorizeUrl, user, { dispatcher, origin }),
    misbehave: (misbehaviour = {}) => {
      fault = misbehaviour;
      graph.misbehave(misbehaviour.graph);
    },
    requestedPaths: () => [...paths],
    close: async () => {
      await managedIdentity.close();
      await dispatcher.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** The application whose federated credential names that issuer. */
function clientOf({ apps }: Directory, issuer: string): string {
  const app = apps.find(({ federatedCredentials = [] }) =>
    federatedCredentials.some((credential) => credential.issuer === issuer),
  );
  return app?.clientId ?? '';
}

function documentsOf({ document }: { readonly document: (path: string) => unknown }): Neighbour {
  return {
    answer: ({ method, url }) => {
      const found = method === 'GET' ? document(url.pathname) : undefined;
      return found === undefined ? undefined : { status: 200, body: found };
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) throw new RangeError('the body is too large');
  }
  return text;
}
