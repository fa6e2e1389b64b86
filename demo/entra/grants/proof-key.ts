// The key that a client wants its token bound to: `token_type=pop` and `req_cnf`, as MSAL and kubelogin ask for it.
// Source: kubelogin's poptoken.go; draft-ietf-oauth-signed-http-request-03 §2; RFC 7800 §3.4.
import { RefusedRequest, required } from '../answers.ts';
import type { Confirmation } from '../token-request.ts';

const MAX_REQ_CNF_LENGTH = 4_096;
/** RFC 7638: SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/** @returns undefined for a bearer token @throws RefusedRequest */
export function readProofKey(form: URLSearchParams): Confirmation | undefined {
  const tokenType = form.get('token_type');
  if (tokenType === null || tokenType.toLowerCase() === 'bearer') return undefined;
  if (tokenType !== 'pop') throw malformed(`the token_type '${tokenType}' is not supported`);
  const text = required(form, 'req_cnf');
  if (text.length > MAX_REQ_CNF_LENGTH) throw malformed('req_cnf is too long');
  const { kid, xms_ksl: keyLocation } = parseObject(Buffer.from(text, 'base64url').toString('utf8'));
  if (typeof kid !== 'string' || !THUMBPRINT.test(kid)) throw malformed('req_cnf names no thumbprint as kid');
  return typeof keyLocation === 'string' ? { kid, xms_ksl: keyLocation } : { kid };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Refused below, like any other value that is no object.
  }
  throw malformed('req_cnf is no JSON object in base64url');
}

function malformed(reason: string): RefusedRequest {
  return new RefusedRequest(
    'invalid_request',
    90023,
    `The authentication service request isn't valid: ${reason}.`,
  );
}
