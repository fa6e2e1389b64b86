// The double's documents, member for member as Entra's, and that its keys can be believed.
import { X509Certificate, createHash } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { createEntraClient } from './support.ts';
import type { EntraClient } from './support.ts';

let entra: EntraStandIn;
let client: EntraClient;
beforeAll(async () => {
  entra = await startEntraStandIn({ otherTenants: [{}] });
  client = createEntraClient(entra);
});
afterAll(async () => {
  await client.close();
  await entra.close();
});

// Those of version 2 as they were recorded of login.microsoftonline.com, in several public test suites.
const SHARED_END =
  'kerberos_endpoint tenant_region_scope cloud_instance_name cloud_graph_host_name msgraph_host rbac_url';
const V1_MEMBERS = `token_endpoint token_endpoint_auth_methods_supported jwks_uri response_modes_supported subject_types_supported id_token_signing_alg_values_supported response_types_supported scopes_supported issuer microsoft_multi_refresh_token authorization_endpoint device_authorization_endpoint http_logout_supported frontchannel_logout_supported end_session_endpoint claims_supported check_session_iframe userinfo_endpoint ${SHARED_END}`;
const V2_MEMBERS = `token_endpoint token_endpoint_auth_methods_supported jwks_uri response_modes_supported subject_types_supported id_token_signing_alg_values_supported response_types_supported scopes_supported issuer request_uri_parameter_supported userinfo_endpoint authorization_endpoint device_authorization_endpoint http_logout_supported frontchannel_logout_supported end_session_endpoint claims_supported ${SHARED_END}`;

describe('metadata', () => {
  it.each([
    [1, '', V1_MEMBERS, '/'],
    [2, '/v2.0', V2_MEMBERS, '/v2.0'],
  ] as const)('of version %i has the members of Entra in its order', async (_, infix, members, issuer) => {
    const base = `${entra.authorityHost}/${entra.tenantId}`;
    const { body, headers } = await client.get(`${base}${infix}/.well-known/openid-configuration`);
    expect(Object.keys(body).join(' ')).toBe(members);
    expect(body).toMatchObject({
      issuer: `${base}${issuer}`,
      token_endpoint: `${base}/oauth2${infix}/token`,
      authorization_endpoint: `${base}/oauth2${infix}/authorize`,
      device_authorization_endpoint: `${base}/oauth2${infix}/devicecode`,
      jwks_uri: `${base}/discovery${infix}/keys`,
    });
    expect(headers).toMatchObject({
      'cache-control': 'max-age=86400, private',
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    ['common', '', '/{tenantid}/'],
    ['common', '/v2.0', '/{tenantid}/v2.0'],
    ['organizations', '/v2.0', '/{tenantid}/v2.0'],
  ])('of %s%s leaves a place for the tenant', async (name, infix, issuer) => {
    const { body } = await client.get(`/${name}${infix}/.well-known/openid-configuration`);
    expect(body).toMatchObject({
      issuer: `${entra.authorityHost}${issuer}`,
      jwks_uri: `${entra.authorityHost}/${name}/discovery${infix}/keys`,
      tenant_region_scope: null,
    });
  });

  it('is found by a domain of the tenant, and names its id', async () => {
    const { body } = await client.get('/contoso.example/v2.0/.well-known/openid-configuration');
    expect(body['issuer']).toBe(`${entra.authorityHost}/${entra.tenantId}/v2.0`);
  });

  it('of nobody is Entra’s refusal, with the client’s own id of the request', async () => {
    const id = 'd3b07384-d9a0-4c1e-8f27-2f8c2e6d7a10';
    const unknown = '9b3e2f10-6c4d-4a58-b7e1-0d2f4a6c8e99';
    const { status, body, headers } = await client.get(`/${unknown}/.well-known/openid-configuration`, {
      'client-request-id': id,
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'invalid_tenant', error_codes: [90002], correlation_id: id });
    expect(body['trace_id']).toBe(headers['x-ms-request-id']);
  });
});

describe('keys', () => {
  const keysAt = async (path: string) => JSON.parse((await client.get(path)).text).keys;

  it.each([
    ['/discovery/keys', '/'],
    ['/discovery/v2.0/keys', '/v2.0'],
  ])(
    'at %s are those of Entra: a certificate, its thumbprint for a name, and an issuer',
    async (path, issuer) => {
      const [key] = await keysAt(`/${entra.tenantId}${path}`);
      expect(Object.keys(key).join(' ')).toBe('kty use kid x5t n e x5c cloud_instance_name issuer');
      expect(key.issuer).toBe(`${entra.authorityHost}/${entra.tenantId}${issuer}`);
      const der = Buffer.from(key.x5c[0], 'base64');
      const certificate = new X509Certificate(der);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(certificate.publicKey.export({ format: 'jwk' })).toMatchObject({ n: key.n, e: key.e });
      expect(key.kid).toBe(createHash('sha1').update(der).digest('base64url'));
      expect(key.x5t).toBe(key.kid);
    },
  );

  it('of all tenants stand in the shared document, each under its own issuer', async () => {
    const issuers = (await keysAt('/common/discovery/v2.0/keys')).map(
      ({ issuer }: { issuer: string }) => issuer,
    );
    expect(issuers).toEqual(entra.tenants.map(({ issuer }) => issuer(2)));
    expect(new Set(issuers).size).toBe(2);
  });

  it('verify the tokens of their tenant, and of no other', async () => {
    const [, other] = entra.tenants;
    if (other === undefined) throw new TypeError('there is one tenant only');
    const keys = createLocalJWKSet({ keys: await keysAt(`/${entra.tenantId}/discovery/v2.0/keys`) });
    const issuer = entra.tenants[0]?.issuer(2) ?? '';
    await expect(jwtVerify(entra.issueToken({ user: 'alice' }), keys, { issuer })).resolves.toBeDefined();
    await expect(jwtVerify(other.issueToken({ user: 'alice' }), keys)).rejects.toThrow('no applicable key');
  });
});

it('instance discovery answers for the host that was asked', async () => {
  const { body } = await client.get('/common/discovery/instance?api-version=1.1');
  const { host } = new URL(entra.authorityHost);
  expect(Object.keys(body).join(' ')).toBe('tenant_discovery_endpoint api-version metadata');
  expect(body['metadata']).toEqual([{ preferred_network: host, preferred_cache: host, aliases: [host] }]);
});
