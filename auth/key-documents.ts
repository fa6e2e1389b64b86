// The two documents of a tenant, as they come and as they are believed: its metadata and its key set.
// Source: OpenID Connect Discovery 1.0 §3, RFC 7517, and for the keys' own `issuer` Microsoft's access-tokens.md.
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Authority, TokenVersion } from './entra-clouds.ts';
import { MAX_KEYS_PER_TENANT, MAX_KEY_ID_LENGTH, MAX_RSA_BITS, MIN_RSA_BITS } from './limits.ts';
import { isJsonObject } from './strict-json.ts';
import type { JsonObject } from './strict-json.ts';

export interface TenantMetadata {
  readonly issuer: string;
  readonly keysUrl: string;
}

export function metadataUrl(authority: Authority, tenantId: string, version: TokenVersion): string {
  return `${authority.origin}/${tenantId}${version === '1.0' ? '' : '/v2.0'}/.well-known/openid-configuration`;
}

/** @throws Error when the document is not one that this authority may give for this tenant */
export function readMetadata(
  document: unknown,
  authority: Authority,
  tenantId: string,
  version: TokenVersion,
): TenantMetadata {
  const { issuer, jwks_uri: keysUrl } = isJsonObject(document) ? document : {};
  if (typeof issuer !== 'string' || !authority.acceptsIssuer(issuer, tenantId, version)) {
    throw new Error("the authority's metadata names an issuer that is not this tenant's");
  }
  if (typeof keysUrl !== 'string' || !isKeysUrl(keysUrl, authority)) {
    throw new Error("the authority's metadata sends us elsewhere for its keys");
  }
  return { issuer, keysUrl };
}

function isKeysUrl(text: string, authority: Authority): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' && url.username === '' && authority.keyHosts.includes(url.host);
}

/**
 * The RS256 keys of a key set by key id. A key that cannot be used is left out, a set without any is an error:
 * an empty answer must not push known keys out (facts: J12).
 *
 * @throws Error when there is no usable key, or far too many
 */
export function readKeySet(
  document: unknown,
  authority: Authority,
  tenantId: string,
): Map<string, KeyObject> {
  const list: unknown = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(list)) throw new Error("the authority's answer is not a key set");
  if (list.length > MAX_KEYS_PER_TENANT)
    throw new Error(`the authority names more than ${MAX_KEYS_PER_TENANT} keys`);
  const keys = new Map<string, KeyObject>();
  for (const item of list) {
    if (!isJsonObject(item) || !belongsTo(item, authority, tenantId)) continue;
    const keyId = item['kid'];
    if (typeof keyId !== 'string' || keyId.length > MAX_KEY_ID_LENGTH || keys.has(keyId)) continue;
    const key = readRsaKey(item);
    if (key !== undefined) keys.set(keyId, key);
  }
  if (keys.size === 0) throw new Error('the authority names no usable key');
  return keys;
}

/**
 * A key that names another tenant's issuer is that tenant's, whatever document it stands in (facts: J10, Storm-0558).
 * Entra writes the tenant of a shared key as `{tenantid}`; a key without an issuer is its document's.
 */
function belongsTo(key: JsonObject, authority: Authority, tenantId: string): boolean {
  const issuer = key['issuer'];
  if (issuer === undefined) return true;
  if (typeof issuer !== 'string') return false;
  const named = issuer.replace('{tenantid}', tenantId);
  return authority.acceptsIssuer(named, tenantId, '1.0') || authority.acceptsIssuer(named, tenantId, '2.0');
}

function readRsaKey({ kty, n, e, use, alg }: JsonObject): KeyObject | undefined {
  // AQAB is 65537, as every key of Entra's: a small exponent would let signatures be made without the key.
  if (kty !== 'RSA' || typeof n !== 'string' || e !== 'AQAB') return undefined;
  if ((use !== undefined && use !== 'sig') || (alg !== undefined && alg !== 'RS256')) return undefined;
  // Any text passes as a modulus here: its size tells.
  const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS ? key : undefined;
}
