// The claims of an Entra access token as types that can be trusted to be what they say (facts: J6, J9).
// Source: Microsoft's access-token-claims-reference.md. Values are judged elsewhere; here is only their shape.
import { AuthError } from './auth-error.ts';
import type { TokenVersion } from './entra-clouds.ts';
import { asGuid } from './guid.ts';
import { MAX_CLAIM_LENGTH, MAX_NUMERIC_DATE, MAX_TOKEN_GROUPS, MAX_TOKEN_PERMISSIONS } from './limits.ts';
import { isJsonObject } from './strict-json.ts';
import type { JsonObject } from './strict-json.ts';

/** Optional claims are '' when absent; an empty or blank claim is refused, so '' never comes from a token. */
export interface EntraClaims {
  readonly version: TokenVersion;
  readonly issuer: string;
  readonly audience: string;
  /** GUIDs, lower case. */
  readonly tenantId: string;
  readonly objectId: string;
  readonly subject: string;
  /** v2 `azp`, v1 `appid`. */
  readonly applicationId: string;
  readonly userPrincipalName: string;
  readonly tokenId: string;
  /** `scp`, taken apart. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** `idtyp`: an optional claim that an API's registration can ask for. */
  readonly principalType: string;
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expiresAt: number;
  /** GUIDs, lower case, each once. */
  readonly groups: readonly string[];
  /** The user has more groups than fit, and the token says so instead of naming them. */
  readonly groupsOverage: boolean;
  /** Thumbprint of the key that must sign beside it (`cnf.kid`, RFC 7800 §3.4): such a token is worth nothing alone. '' for a bearer token. */
  readonly boundKey: string;
}

// Claims that only other kinds of token have: an ID token (OpenID Connect core §2, §3.3.2.11).
const FOREIGN_CLAIMS = {
  nonce: 'an ID token was sent where an access token is needed',
  at_hash: 'an ID token was sent where an access token is needed',
  c_hash: 'an ID token was sent where an access token is needed',
} as const;

/** @throws AuthError CC_ERR_AUTH_CLAIMS, CC_ERR_AUTH_TOKEN_KIND or CC_ERR_AUTH_IDENTITY */
export function readEntraClaims(payload: JsonObject): EntraClaims {
  const version = requiredString(payload, 'ver');
  if (version !== '1.0' && version !== '2.0') throw wrongClaim('ver', 'is not 1.0 or 2.0');
  for (const [name, reason] of Object.entries(FOREIGN_CLAIMS)) {
    if (Object.hasOwn(payload, name)) throw new AuthError('CC_ERR_AUTH_TOKEN_KIND', reason);
  }
  const applicationId = optionalString(payload, version === '1.0' ? 'appid' : 'azp');
  return {
    version,
    issuer: requiredString(payload, 'iss'),
    audience: requiredString(payload, 'aud'),
    tenantId: requiredGuid(payload, 'tid'),
    objectId: requiredGuid(payload, 'oid'),
    subject: requiredString(payload, 'sub'),
    applicationId: applicationId === '' ? '' : guidOf(applicationId, version === '1.0' ? 'appid' : 'azp'),
    userPrincipalName: optionalString(payload, 'upn'),
    tokenId: optionalString(payload, 'uti'),
    scopes: readScopes(payload),
    roles: optionalStrings(payload, 'roles', MAX_TOKEN_PERMISSIONS),
    principalType: optionalString(payload, 'idtyp'),
    issuedAt: numericDate(payload, 'iat'),
    notBefore: numericDate(payload, 'nbf'),
    expiresAt: numericDate(payload, 'exp'),
    groups: readGroups(payload),
    groupsOverage: readOverage(payload),
    boundKey: readBoundKey(payload),
  };
}

function readScopes(payload: JsonObject): readonly string[] {
  const scope = optionalString(payload, 'scp');
  if (scope === '') return [];
  const scopes = scope.split(' ').filter((name) => name !== '');
  if (scopes.length > MAX_TOKEN_PERMISSIONS) throw tooMany('scp', MAX_TOKEN_PERMISSIONS);
  return scopes;
}

/** Entra names the key by its thumbprint; a claim that binds in another way cannot be checked, so it is refused. */
function readBoundKey(payload: JsonObject): string {
  const confirmation = own(payload, 'cnf');
  if (confirmation === undefined) return '';
  const keyId = isJsonObject(confirmation) ? own(confirmation, 'kid') : undefined;
  if (typeof keyId !== 'string' || !/^[\w-]{43}$/.test(keyId))
    throw wrongClaim('cnf', 'does not name a key by its thumbprint');
  return keyId;
}

/** Object ids only: a name could be anybody's, `system:masters` too (facts: H4). */
function readGroups(payload: JsonObject): readonly string[] {
  const ids = optionalStrings(payload, 'groups', MAX_TOKEN_GROUPS).map((group) => {
    const id = asGuid(group);
    if (id === undefined) {
      throw new AuthError(
        'CC_ERR_AUTH_IDENTITY',
        'the claim "groups" holds a value that is not an object id: let the API registration emit group ids',
      );
    }
    return id;
  });
  return [...new Set(ids)];
}

/** The endpoint in `_claim_sources` is never read, let alone called (facts: J11). */
function readOverage(payload: JsonObject): boolean {
  const names = own(payload, '_claim_names');
  if (names !== undefined && !isJsonObject(names)) throw wrongClaim('_claim_names', 'is not an object');
  const pointer = names !== undefined && Object.hasOwn(names, 'groups');
  const flag = own(payload, 'hasgroups');
  return pointer || (flag !== undefined && flag !== false && flag !== 'false');
}

function requiredString(payload: JsonObject, name: string): string {
  const value = optionalString(payload, name);
  if (value === '') throw wrongClaim(name, 'is missing');
  return value;
}

function optionalString(payload: JsonObject, name: string): string {
  const value = own(payload, name);
  if (value === undefined) return '';
  if (typeof value !== 'string') throw wrongClaim(name, 'is not a string');
  if (value.trim() === '') throw wrongClaim(name, 'is empty');
  if (value.length > MAX_CLAIM_LENGTH) throw wrongClaim(name, 'is too long');
  return value;
}

function optionalStrings(payload: JsonObject, name: string, max: number): readonly string[] {
  const value = own(payload, name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongClaim(name, 'is not a list');
  if (value.length > max) throw tooMany(name, max);
  return value.map((item: unknown) => {
    if (typeof item !== 'string') throw wrongClaim(name, 'holds a value that is not a string');
    return item;
  });
}

function requiredGuid(payload: JsonObject, name: string): string {
  return guidOf(requiredString(payload, name), name);
}

function guidOf(value: string, name: string): string {
  const id = asGuid(value);
  if (id === undefined) throw wrongClaim(name, 'is not a GUID');
  return id;
}

/** RFC 7519 §2 NumericDate, whole seconds; a string or an endless number is not one. */
function numericDate(payload: JsonObject, name: string): number {
  const value = own(payload, name);
  if (value === undefined) throw wrongClaim(name, 'is missing');
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_NUMERIC_DATE) {
    throw wrongClaim(name, 'is not a time in seconds');
  }
  return value;
}

function own(payload: JsonObject, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

function tooMany(name: string, max: number): AuthError {
  return wrongClaim(name, `holds more than ${max} values`);
}

function wrongClaim(name: string, problem: string): AuthError {
  return new AuthError('CC_ERR_AUTH_CLAIMS', `the token's claim "${name}" ${problem}`);
}
