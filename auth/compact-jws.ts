// The strict look at a token before any key is touched: RFC 7515 §7.1 compact form and nothing beside it.
// What is refused here never reaches the JOSE library (RFC 8725 §3; facts: J1 to J5, J8).
import { AuthError } from './auth-error.ts';
import { MAX_JSON_DEPTH, MAX_KEY_ID_LENGTH } from './limits.ts';
import { parseStrictObject } from './strict-json.ts';
import type { JsonObject } from './strict-json.ts';

export interface CompactJws {
  readonly algorithm: string;
  readonly keyId: string;
  /** Lower case; '' when the header has none. */
  readonly type: string;
  readonly payload: JsonObject;
}

export interface CompactJwsRules {
  readonly maxBytes: number;
  readonly algorithms: readonly string[];
  /** Accepted `typ` values, lower case. RFC 8725 §3.11: explicit types keep one kind of token from passing as another. */
  readonly types: readonly string[];
}

const BASE64URL = /^[\w-]+$/;
const KEY_ID = new RegExp(`^[\\w-]{1,${MAX_KEY_ID_LENGTH}}$`);
// A header that brings its own key, asks for processing that we do not do, or is an encrypted token's.
const REFUSED_PARAMETERS = ['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c', 'enc', 'zip', 'epk'] as const;

/** @throws AuthError CC_ERR_AUTH_TOO_LARGE, CC_ERR_AUTH_MALFORMED or CC_ERR_AUTH_ALGORITHM */
export function parseCompactJws(token: string, rules: CompactJwsRules): CompactJws {
  if (token.length > rules.maxBytes) {
    throw new AuthError('CC_ERR_AUTH_TOO_LARGE', `the token is longer than ${rules.maxBytes} bytes`);
  }
  const segments = token.split('.', 6);
  const [headerText, payloadText, signatureText] = segments;
  if (
    segments.length !== 3 ||
    headerText === undefined ||
    payloadText === undefined ||
    signatureText === undefined
  ) {
    throw malformed('the token does not have three parts');
  }
  const header = parseSegment(headerText, 'header');
  for (const name of REFUSED_PARAMETERS) {
    if (Object.hasOwn(header, name))
      throw malformed(`the token's header parameter "${name}" is not accepted`);
  }
  const { alg: algorithm, kid: keyId, typ: type = '' } = header;
  if (typeof algorithm !== 'string' || !rules.algorithms.includes(algorithm)) {
    throw new AuthError(
      'CC_ERR_AUTH_ALGORITHM',
      `the token is not signed with ${rules.algorithms.join(' or ')}`,
    );
  }
  if (typeof keyId !== 'string' || !KEY_ID.test(keyId)) throw malformed('the token names no usable key id');
  if (typeof type !== 'string' || !rules.types.includes(type.toLowerCase())) {
    throw malformed(`the token's type is not ${rules.types.join(' or ')}`);
  }
  decodeSegment(signatureText, 'signature');
  return { algorithm, keyId, type: type.toLowerCase(), payload: parseSegment(payloadText, 'payload') };
}

function parseSegment(segment: string, name: string): JsonObject {
  const bytes = decodeSegment(segment, name);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw malformed(`the token's ${name} is not UTF-8`, cause);
  }
  const value = parseStrictObject(text, MAX_JSON_DEPTH);
  if (value === undefined) throw malformed(`the token's ${name} is not a JSON object with unique names`);
  return value;
}

/** Canonical base64url only: else one token has many spellings, each of them a new entry for the caches. */
function decodeSegment(segment: string, name: string): Buffer {
  const bytes = BASE64URL.test(segment) ? Buffer.from(segment, 'base64url') : undefined;
  if (bytes === undefined || bytes.toString('base64url') !== segment) {
    throw malformed(`the token's ${name} is not canonical base64url`);
  }
  return bytes;
}

function malformed(reason: string, cause?: unknown): AuthError {
  return new AuthError('CC_ERR_AUTH_MALFORMED', reason, { cause });
}
