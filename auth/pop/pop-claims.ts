// What a proof-of-possession token says, as types that can be trusted to be what they say: the signed HTTP request of
// draft-ietf-oauth-signed-http-request-03 §3, as far as kubelogin writes it (facts/arc-and-entra.md §5; J13).
import { createPublicKey, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AuthError } from '../auth-error.ts';
import { MAX_NUMERIC_DATE, MAX_POP_RSA_BITS, MIN_RSA_BITS } from '../limits.ts';
import { isJsonObject } from '../strict-json.ts';
import type { JsonObject } from '../strict-json.ts';

export interface PopClaims {
  /** `at`: the access token that is bound to the key. */
  readonly accessToken: string;
  /** `ts`, in seconds. */
  readonly signedAt: number;
  /** `u`. */
  readonly url: string;
  readonly nonce: string;
  /** `cnf.jwk`: RSA. */
  readonly key: KeyObject;
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
}

// They bind the token to one method, path, query, header or body. Nobody here looks at those, and to take a token for more
// than its maker meant is not ours to do.
const REQUEST_BINDINGS = ['m', 'p', 'q', 'h', 'b'] as const;
const URL_TEXT = /^[\x21-\x7e]{1,512}$/;
const NONCE = /^[\w.~+/=-]{8,128}$/;

/** @throws AuthError CC_ERR_AUTH_CLAIMS or CC_ERR_AUTH_POP */
export function readPopClaims(payload: JsonObject): PopClaims {
  for (const name of REQUEST_BINDINGS) {
    if (Object.hasOwn(payload, name)) {
      throw wrongClaim(name, 'would bind the token to one request, which is not supported');
    }
  }
  const { at: accessToken, ts: signedAt, u: url, nonce, cnf } = payload;
  if (typeof accessToken !== 'string' || accessToken === '') throw wrongClaim('at', 'is missing');
  if (
    typeof signedAt !== 'number' ||
    !Number.isInteger(signedAt) ||
    signedAt < 0 ||
    signedAt > MAX_NUMERIC_DATE
  ) {
    throw wrongClaim('ts', 'is not a time in seconds');
  }
  if (typeof url !== 'string' || !URL_TEXT.test(url)) throw wrongClaim('u', 'is missing or not a plain text');
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) {
    throw wrongClaim('nonce', 'is missing, or not 8 to 128 plain characters');
  }
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined;
  return { accessToken, signedAt, url, nonce, ...readKey(isJsonObject(jwk) ? jwk : {}) };
}

/** RSA with the exponent that everybody uses: a small one, or a huge modulus, is an attack on whoever verifies. */
function readKey({ kty, n, e }: JsonObject): Pick<PopClaims, 'key' | 'thumbprint'> {
  if (kty !== 'RSA' || typeof n !== 'string' || e !== 'AQAB') {
    throw wrongClaim('cnf', 'does not hold an RSA key with the exponent 65537');
  }
  // Any text passes as a modulus here: its size tells.
  const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_RSA_BITS || bits > MAX_POP_RSA_BITS) {
    throw wrongClaim('cnf', `does not hold an RSA key of ${MIN_RSA_BITS} to ${MAX_POP_RSA_BITS} bits`);
  }
  return { key, thumbprint: hash('sha256', JSON.stringify({ e, kty, n }), 'base64url') };
}

function wrongClaim(name: string, problem: string): AuthError {
  return new AuthError('CC_ERR_AUTH_CLAIMS', `the proof-of-possession token's claim "${name}" ${problem}`);
}
