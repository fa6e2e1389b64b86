// The stand-in's HTTPS server: what a client of login.microsoftonline.com finds there, as far as cluster-connect,
// MSAL and kubelogin ask. It signs in whoever asks: for demos and tests on this machine only.
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAuthority } from '../../gateway/pki/index.ts';
import type { CertificateAuthority } from '../../gateway/pki/index.ts';
import { findUser } from './directory.ts';
import type { Directory } from './directory.ts';
import { deviceLoginPage } from './device-login-page.ts';
import { createTenant } from './tenant.ts';
import type { Tenant } from './tenant.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import type { JsonAnswer, TokenEndpoint } from './token-endpoint.ts';

export interface EntraStandInOptions {
  readonly tenantId?: string;
  readonly directory?: Partial<Directory>;
  /** 127.0.0.1 by default, and nothing else makes sense. */
  readonly host?: string;
  readonly port?: number;
  /** Of tokens from the token endpoint: 4500 by default. */
  readonly ttlSeconds?: number;
  /** What a client waits between two polls for a device code: 5 by default, as at Entra. */
  readonly pollIntervalSeconds?: number;
  /** The CA of its certificate; a new one by default. */
  readonly authority?: CertificateAuthority;
}

export interface EntraStandIn extends Pick<Tenant, 'tenantId' | 'directory' | 'issueToken' | 'rotateKeys'> {
  /** `https://127.0.0.1:<port>`. */
  readonly authorityHost: string;
  readonly caPem: string;
  /** What to put under `entra.audiences`: the API's client id and its App ID URI. */
  readonly audiences: readonly string[];
  /** What a client asks for: `<App ID URI>/.default`. */
  readonly scope: string;
  /** User codes of sign-ins that nobody has approved yet. */
  waitingDeviceCodes(): string[];
  /** @throws RangeError for an unknown code or user */
  approveDeviceCode(userCode: string, user: string): void;
  /** Paths asked for since the start, oldest first; the last 1000. */
  requestedPaths(): readonly string[];
  close(): Promise<void>;
}

const MAX_FORM_BYTES = 64 * 1024;
const MAX_REMEMBERED_PATHS = 1_000;
const DEFAULT_TTL_SECONDS = 4500;

export async function startEntraStandIn(options: EntraStandInOptions = {}): Promise<EntraStandIn> {
  const host = options.host ?? '127.0.0.1';
  const authority = options.authority ?? createAuthority('Entra stand-in');
  const certificate = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: [host] });
  const paths: string[] = [];
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
  const endpoint = createTokenEndpoint({
    tenant,
    origin,
    ttlSeconds: options.ttlSeconds ?? DEFAULT_TTL_SECONDS,
    pollIntervalSeconds: options.pollIntervalSeconds ?? 5,
  });
  const approve = (userCode: string, user: string): void =>
    endpoint.deviceCodes.approve(userCode, findUser(tenant.directory, user).objectId);

  answer = async (request, response) => {
    const url = new URL(request.url ?? '/', origin);
    paths.push(url.pathname);
    if (paths.length > MAX_REMEMBERED_PATHS) paths.shift();
    if (url.pathname === '/devicelogin') {
      const page = deviceLoginPage(
        url.searchParams,
        tenant.directory,
        endpoint.deviceCodes.waiting(),
        approve,
      );
      response.writeHead(page.status, { 'content-type': 'text/html; charset=utf-8' }).end(page.html);
      return;
    }
    const { status, body } = await route(request, url, tenant, endpoint);
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(body));
  };

  return {
    authorityHost: origin,
    caPem: authority.certificatePem,
    tenantId: tenant.tenantId,
    directory: tenant.directory,
    audiences: [tenant.directory.api.clientId, tenant.directory.api.appIdUri],
    scope: `${tenant.directory.api.appIdUri}/.default`,
    issueToken: (request) => tenant.issueToken(request),
    rotateKeys: (rotation) => tenant.rotateKeys(rotation),
    waitingDeviceCodes: () => endpoint.deviceCodes.waiting(),
    approveDeviceCode: approve,
    requestedPaths: () => [...paths],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(
  request: IncomingMessage,
  url: URL,
  tenant: Tenant,
  endpoint: TokenEndpoint,
): Promise<JsonAnswer> {
  const tenantPath = `/${tenant.tenantId}/oauth2/v2.0`;
  if (request.method === 'POST' && url.pathname === `${tenantPath}/token`) {
    return endpoint.token(await readForm(request));
  }
  if (request.method === 'POST' && url.pathname === `${tenantPath}/devicecode`) {
    return endpoint.deviceCode(await readForm(request));
  }
  if (request.method === 'GET' && url.pathname === '/common/discovery/instance') {
    return { status: 200, body: instanceDiscovery(url, tenant.tenantId) };
  }
  const document = request.method === 'GET' ? tenant.document(url.pathname) : undefined;
  if (document !== undefined) return { status: 200, body: document };
  return {
    status: 404,
    body: { error: 'invalid_request', error_description: 'AADSTS90002: no such tenant or endpoint.' },
  };
}

/** How MSAL learns that an authority is one of Microsoft's and which names it has. */
function instanceDiscovery(url: URL, tenantId: string): unknown {
  return {
    tenant_discovery_endpoint: `${url.origin}/${tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: url.host, preferred_cache: url.host, aliases: [url.host] }],
  };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_FORM_BYTES) throw new RangeError('the form is too large');
  }
  return new URLSearchParams(text);
}
