// A client assertion before anybody is believed: RFC 7523 §3, RFC 7515 §3.1. Decoded and checked for shape; who signed it
// is for certificate-assertion.ts and federated-assertion.ts.
import { RefusedRequest } from '../answers.ts';

export interface ClientAssertion {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** How far clocks may differ, as Entra allows. */
export const ASSERTION_SKEW_SECONDS = 300;
const MAX_ASSERTION_LENGTH = 16 * 1024;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** @throws RefusedRequest AADSTS50027 */
export function parseAssertion(text: string): ClientAssertion {
  if (text.length > MAX_ASSERTION_LENGTH || !COMPACT.test(text)) throw invalid('it is not a signed JWT');
  const [header = '', claims = '', signature = ''] = text.split('.');
  return {
    header: parsePart(header),
    claims: parsePart(claims),
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** @throws RefusedRequest AADSTS700024 */
export function checkTimes({ claims }: ClientAssertion): void {
  const now = Date.now() / 1000;
  const { exp, nbf } = claims;
  const isOver = typeof exp !== 'number' || exp + ASSERTION_SKEW_SECONDS <= now;
  const isAhead = nbf !== undefined && (typeof nbf !== 'number' || nbf - ASSERTION_SKEW_SECONDS > now);
  if (!isOver && !isAhead) return;
  const range = `Current time: ${isoTime(now)}, assertion valid from ${isoTime(nbf)}, expiry time of assertion ${isoTime(exp)}.`;
  throw new RefusedRequest(
    'invalid_client',
    700024,
    `Client assertion is not within its valid time range. ${range}`,
    401,
  );
}

export function invalid(reason: string): RefusedRequest {
  return new RefusedRequest('invalid_client', 50027, `JWT token is invalid or malformed: ${reason}.`, 401);
}

function parsePart(part: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    throw invalid('a part of it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('a part is no object');
  return { ...value };
}

function isoTime(seconds: unknown): string {
  const time = new Date(Number(seconds) * 1000);
  return Number.isNaN(time.getTime()) ? 'none' : time.toISOString();
}
