// The keys that sign a cluster's ServiceAccount tokens, as `kubectl get --raw /openid/v1/jwks` prints them (RFC 7517).
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { MAX_KEYS_PER_TENANT, MAX_KEY_ID_LENGTH, MAX_RSA_BITS, MIN_RSA_BITS } from '../limits.ts';
import { isJsonObject } from '../strict-json.ts';
import type { JsonObject } from '../strict-json.ts';

/** By key id. */
export type ServiceAccountKeys = ReadonlyMap<string, KeyObject>;

const CURVES: ReadonlySet<unknown> = new Set(['P-256', 'P-384', 'P-521']);

/**
 * Unlike a key set that is fetched, one that somebody wrote into a setting is taken whole or not at all.
 * @returns what is wrong with it, in words, when it cannot be used
 */
export function readServiceAccountKeys(text: string): ServiceAccountKeys | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const list: unknown = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(list) || list.length === 0) return 'is not a key set with at least one key';
  if (list.length > MAX_KEYS_PER_TENANT) return `holds more than ${MAX_KEYS_PER_TENANT} keys`;
  const keys = new Map<string, KeyObject>();
  for (const item of list) {
    const jwk = isJsonObject(item) ? item : {};
    const { kid } = jwk;
    if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KEY_ID_LENGTH || keys.has(kid))
      return 'holds a key without an id of its own (kid)';
    const key = readKey(jwk);
    if (key === undefined)
      return `holds a key that is neither RSA of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits nor EC, or a private one`;
    keys.set(kid, key);
  }
  return keys;
}

function readKey({ kty, n, e, crv, x, y, d }: JsonObject): KeyObject | undefined {
  if (d !== undefined) return undefined;
  try {
    if (kty === 'RSA' && typeof n === 'string' && e === 'AQAB') {
      const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS ? key : undefined;
    }
    if (kty !== 'EC' || !CURVES.has(crv) || typeof crv !== 'string') return undefined;
    if (typeof x !== 'string' || typeof y !== 'string') return undefined;
    return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
