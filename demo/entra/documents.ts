// The documents of a tenant as Entra publishes them: metadata in both versions, with its members in its order, and the
// answer to instance discovery. Source: OpenID Connect Discovery 1.0 §3; Microsoft's v2-protocols-oidc.md.

export interface MetadataOf {
  readonly origin: string;
  /** The tenant's id, or `common` or `organizations`. */
  readonly tenant: string;
  readonly version: 1 | 2;
  readonly issuer: string;
}

/** The tenant's place in an issuer that a document of several tenants names. */
export const TENANT_PLACE = '{tenantid}';

export function metadata({ origin, tenant, version, issuer }: MetadataOf): unknown {
  const base = `${origin}/${tenant}`;
  const { host } = new URL(origin);
  const shared = {
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  const cloud = {
    tenant_region_scope: tenant === 'common' || tenant === 'organizations' ? null : 'EU',
    cloud_instance_name: host,
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
    rbac_url: 'https://pas.windows.net',
  };
  if (version === 1) {
    return {
      token_endpoint: `${base}/oauth2/token`,
      token_endpoint_auth_methods_supported: shared.token_endpoint_auth_methods_supported,
      jwks_uri: `${base}/discovery/keys`,
      response_modes_supported: shared.response_modes_supported,
      subject_types_supported: shared.subject_types_supported,
      id_token_signing_alg_values_supported: shared.id_token_signing_alg_values_supported,
      response_types_supported: ['code', 'id_token', 'code id_token', 'token id_token', 'token'],
      scopes_supported: ['openid'],
      issuer,
      microsoft_multi_refresh_token: true,
      authorization_endpoint: `${base}/oauth2/authorize`,
      device_authorization_endpoint: `${base}/oauth2/devicecode`,
      http_logout_supported: true,
      frontchannel_logout_supported: true,
      end_session_endpoint: `${base}/oauth2/logout`,
      claims_supported: CLAIMS_OF_V1,
      check_session_iframe: `${base}/oauth2/checksession`,
      userinfo_endpoint: `${base}/openid/userinfo`,
      kerberos_endpoint: `${base}/kerberos`,
      ...cloud,
    };
  }
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: shared.token_endpoint_auth_methods_supported,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: shared.response_modes_supported,
    subject_types_supported: shared.subject_types_supported,
    id_token_signing_alg_values_supported: shared.id_token_signing_alg_values_supported,
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer,
    request_uri_parameter_supported: false,
    userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    claims_supported: CLAIMS_OF_V2,
    kerberos_endpoint: `${base}/kerberos`,
    ...cloud,
  };
}

/** How a client learns that an authority is known, and all its names: here it has one. */
export function instanceDiscovery(origin: string, tenantId: string): unknown {
  const { host } = new URL(origin);
  return {
    tenant_discovery_endpoint: `${origin}/${tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}

const CLAIMS_OF_BOTH = [
  'sub',
  'iss',
  'cloud_instance_name',
  'cloud_instance_host_name',
  'cloud_graph_host_name',
  'msgraph_host',
  'aud',
  'exp',
  'iat',
  'auth_time',
  'acr',
  'nonce',
];
const CLAIMS_OF_V1 = [...CLAIMS_OF_BOTH, 'amr', 'email', 'given_name', 'family_name', 'nickname'];
const CLAIMS_OF_V2 = [
  ...CLAIMS_OF_BOTH,
  'preferred_username',
  'name',
  'tid',
  'ver',
  'at_hash',
  'c_hash',
  'email',
];
