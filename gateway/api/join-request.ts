// Reads the body of POST /api/v1/join: exactly the agreed members, each once, nothing else.

export interface JoinRequest {
  readonly joinToken: string;
  /** A JWK with no other members than kty, crv, x and y; that it is a good key is for auth/ to say. */
  readonly publicKey: Readonly<Record<string, unknown>>;
  /** Compact JWS. */
  readonly proof: string;
}

const MEMBERS: ReadonlySet<string> = new Set(['joinToken', 'publicKey', 'proof']);
const KEY_MEMBERS: ReadonlySet<string> = new Set(['kty', 'crv', 'x', 'y']);

/** The request, or what is wrong with it in words that quote nothing of it. */
export function parseJoinRequest(body: Uint8Array): JoinRequest | string {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the body.
    return 'the body is not JSON in UTF-8';
  }
  if (!isRecord(value)) return 'the body is not a JSON object';
  if (!Object.keys(value).every((name) => MEMBERS.has(name)))
    return 'the body has a member that is not known';
  const { joinToken, publicKey, proof } = value;
  if (typeof joinToken !== 'string') return 'joinToken must be a string';
  if (typeof proof !== 'string') return 'proof must be a string';
  if (!isRecord(publicKey)) return 'publicKey must be a JWK object';
  for (const [name, member] of Object.entries(publicKey)) {
    if (!KEY_MEMBERS.has(name)) return 'publicKey has a member other than kty, crv, x and y';
    if (typeof member !== 'string') return 'the members of publicKey must be strings';
  }
  if (countNames(text) !== Object.keys(value).length + Object.keys(publicKey).length) {
    return 'the body has a member twice';
  }
  return { joinToken, publicKey, proof };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How many members a JSON text that parsed has: outside of strings, each has one colon. JSON.parse keeps the last. */
function countNames(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
}
