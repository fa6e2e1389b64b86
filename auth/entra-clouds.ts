// What is known of Microsoft's clouds, and what stands in for it elsewhere: which issuer a tenant's tokens must name.
// Source: Microsoft's national-cloud pages (authentication-national-cloud.md) and access-tokens.md.

export type TokenVersion = '1.0' | '2.0';

/** The place that tokens come from, with everything that is fixed about it before any document is fetched. */
export interface Authority {
  /** e.g. `https://login.microsoftonline.com`, without a trailing slash. */
  readonly origin: string;
  /** Hosts that a metadata document may send us to for keys. */
  readonly keyHosts: readonly string[];
  /** Whether `issuer`, from the tenant's own metadata, is one that this authority may name for this tenant. */
  acceptsIssuer(issuer: string, tenantId: string, version: TokenVersion): boolean;
}

interface Cloud {
  readonly hosts: readonly string[];
  /** Issuer before `<tenant>/` in v1 tokens, and before `<tenant>/v2.0` in v2 tokens. */
  readonly issuerV1: string;
  readonly issuerV2: string;
}

const CLOUDS: readonly Cloud[] = [
  {
    hosts: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com'],
    issuerV1: 'https://sts.windows.net/',
    issuerV2: 'https://login.microsoftonline.com/',
  },
  {
    hosts: ['login.microsoftonline.us'],
    issuerV1: 'https://sts.windows.net/',
    issuerV2: 'https://login.microsoftonline.us/',
  },
  {
    hosts: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
    issuerV1: 'https://sts.chinacloudapi.cn/',
    issuerV2: 'https://login.partner.microsoftonline.cn/',
  },
];

/** The authority of that name; undefined when `authorityHost` is not an https origin. */
export function resolveAuthority(authorityHost: string): Authority | undefined {
  const origin = httpsOrigin(authorityHost);
  if (origin === undefined) return undefined;
  const { host } = new URL(origin);
  const cloud = CLOUDS.find((candidate) => candidate.hosts.includes(host));
  if (cloud !== undefined) {
    return {
      origin,
      keyHosts: cloud.hosts,
      acceptsIssuer: (issuer, tenantId, version) =>
        issuer ===
        (version === '1.0' ? `${cloud.issuerV1}${tenantId}/` : `${cloud.issuerV2}${tenantId}/v2.0`),
    };
  }
  return {
    origin,
    keyHosts: [host],
    // Nothing is pinned for an unknown authority, but it may speak for its own origin and for this tenant only.
    acceptsIssuer: (issuer, tenantId) =>
      issuer.startsWith(`${origin}/`) &&
      issuer
        .slice(origin.length + 1)
        .split('/')
        .includes(tenantId),
  };
}

function httpsOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // No path, query or credentials: they would be dropped, and their author would not know.
  return url?.protocol === 'https:' && url.href === `${url.origin}/` ? url.origin : undefined;
}
