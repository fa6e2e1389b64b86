// What a machine in Azure has to be somebody: an endpoint on plain HTTP beside it, in App Service's form and in that of the
// instance metadata service. Source: Microsoft's how-to-use-vm-token.md and overview-managed-identity.md (App Service).
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { JsonAnswer } from '../answers.ts';
import { RefusedRequest } from '../answers.ts';
import type { DirectoryApp } from '../directory.ts';
import { readScopes } from '../resources.ts';
import type { Tenant } from '../tenant.ts';

export interface ManagedIdentity {
  /** IDENTITY_ENDPOINT; the instance metadata path is beside it, on the same port. */
  readonly endpoint: string;
  /** IDENTITY_HEADER. */
  readonly header: string;
  readonly clientId: string;
}

export interface ManagedIdentityServer {
  readonly identity: ManagedIdentity;
  close(): Promise<void>;
}

export const METADATA_PATH = '/metadata/identity/oauth2/token';
const APP_SERVICE_PATH = '/msi/token';
/** Tokens of managed identities live a day. */
const TTL_SECONDS = 86_400;
const GUID_PARAMETERS = ['client_id', 'object_id', 'principal_id'] as const;

export async function startManagedIdentity(
  tenant: Tenant,
  origin: string,
  host: string,
): Promise<ManagedIdentityServer> {
  const header = randomBytes(24).toString('hex');
  const server = createServer((request, response) => {
    const { status, body } = answer(request, new URL(request.url ?? '/', `http://${host}`));
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(body));
  });

  function answer({ method, headers }: IncomingMessage, { pathname, searchParams }: URL): JsonAnswer {
    if (method !== 'GET') return { status: 405, body: { error: 'method_not_allowed' } };
    if (pathname === APP_SERVICE_PATH) {
      if (headers['x-identity-header'] !== header) return appServiceError(401, 'Unauthorized');
      return tokenFor(searchParams, '2019-08-01', appServiceError);
    }
    if (pathname === METADATA_PATH) {
      if (headers['metadata'] !== 'true') return metadataError(400, 'Required metadata header not specified');
      // A proxy between would forward this request from anywhere.
      if (headers['x-forwarded-for'] !== undefined)
        return metadataError(400, 'X-Forwarded-For is not allowed');
      return tokenFor(searchParams, '2018-02-01', metadataError);
    }
    return { status: 404, body: { error: 'not_found' } };
  }

  function tokenFor(
    query: URLSearchParams,
    apiVersion: string,
    refuse: (status: number, text: string) => JsonAnswer,
  ): JsonAnswer {
    if ((query.get('api-version') ?? '') < apiVersion)
      return refuse(400, 'The api-version is missing or not supported');
    const app = findIdentity(tenant, query);
    if (app === undefined) return refuse(400, 'Identity not found');
    const resource = query.get('resource') ?? '';
    try {
      const scopes = readScopes(
        `${resource.replace(/\/$/, '')}/.default`,
        tenant.directory,
        origin,
        tenant.tenantId,
      );
      const accessToken = tenant.issueToken({ app, resource: scopes.resource, ttlSeconds: TTL_SECONDS });
      const expiresOn = Math.floor(Date.now() / 1000) + TTL_SECONDS;
      const common = { access_token: accessToken, client_id: app.clientId };
      if (apiVersion === '2019-08-01') {
        return {
          status: 200,
          body: { ...common, expires_on: `${expiresOn}`, resource, token_type: 'Bearer' },
        };
      }
      const body = {
        ...common,
        expires_in: `${TTL_SECONDS}`,
        expires_on: `${expiresOn}`,
        ext_expires_in: `${TTL_SECONDS}`,
        not_before: `${expiresOn - TTL_SECONDS}`,
        resource,
        token_type: 'Bearer',
      };
      return { status: 200, body };
    } catch (error) {
      if (error instanceof RefusedRequest) return refuse(400, `AADSTS500011: ${error.message}`);
      throw error;
    }
  }

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const clientId =
    tenant.directory.apps.find(({ managedIdentity }) => managedIdentity === true)?.clientId ?? '';
  return {
    identity: { endpoint: `http://${host}:${port}${APP_SERVICE_PATH}`, header, clientId },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The one that the request names, or the machine's own where it names none. */
function findIdentity({ directory }: Tenant, query: URLSearchParams): DirectoryApp | undefined {
  const identities = directory.apps.filter(({ managedIdentity }) => managedIdentity === true);
  const asked = GUID_PARAMETERS.map((name) => query.get(name)).find((value) => value !== null);
  if (query.has('msi_res_id') || query.has('mi_res_id')) return undefined;
  if (asked === undefined) return identities[0];
  return identities.find(({ clientId, objectId }) => clientId === asked || objectId === asked);
}

function appServiceError(statusCode: number, message: string): JsonAnswer {
  return { status: statusCode, body: { statusCode, message } };
}

function metadataError(status: number, text: string): JsonAnswer {
  return { status, body: { error: 'invalid_request', error_description: text } };
}
