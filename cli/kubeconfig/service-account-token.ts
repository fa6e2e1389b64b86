// A ServiceAccount's token as somebody hands it over to be kept elsewhere: looked at, never verified (only the
// cluster can), so that what would not work, or not for long, is said before it is pasted into a form.
import { CliError } from '../cli-error.ts';

export interface ServiceAccountToken {
  readonly token: string;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly subject: string;
  /** Undefined for one that never expires. */
  readonly expiresAtMs: number | undefined;
}

/** What the gateway takes, too. */
const MAX_TOKEN_CHARS = 16_384;
const JWT = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;
const SUBJECT = /^system:serviceaccount:[a-z0-9-]{1,63}:[a-z0-9.-]{1,253}$/;
const SOON_MS = 7 * 86_400_000;
/** The last moment that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

/** @throws CliError CC_ERR_CLI_TOKEN_FILE_INVALID, which quotes nothing of the token */
export function parseServiceAccountToken(text: string, nowMs: number): ServiceAccountToken {
  const token = text.trim();
  const [, head = '', body = ''] = token.length > MAX_TOKEN_CHARS ? [] : (JWT.exec(token) ?? []);
  const claims = jsonObject(body);
  if (jsonObject(head) === undefined || claims === undefined)
    throw unusable('is no JSON Web Token', MAKE_ONE);
  const { sub, exp } = claims;
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) {
    throw unusable('is not of a ServiceAccount', MAKE_ONE);
  }
  if (exp === undefined) return { token, subject: sub, expiresAtMs: undefined };
  if (typeof exp !== 'number' || !(exp > 0) || exp * 1000 > MAX_TIME_MS) {
    throw unusable('has an expiry that is no time', MAKE_ONE);
  }
  const expiresAtMs = exp * 1000;
  if (expiresAtMs <= nowMs) throw unusable(`has expired at ${isoTime(expiresAtMs)}`, MAKE_ONE);
  return { token, subject: sub, expiresAtMs };
}

/** What whoever keeps the token for long has to know; undefined when there is nothing. */
export function tokenWarning(token: ServiceAccountToken, nowMs: number): string | undefined {
  if (token.expiresAtMs === undefined) {
    return 'the token never expires: whoever gets hold of it has it for good. `kubectl create token` makes one that does';
  }
  if (token.expiresAtMs - nowMs > SOON_MS) return undefined;
  return `the token expires soon, at ${isoTime(token.expiresAtMs)}; the connection stops working then`;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000', '');
}

const MAKE_ONE = 'Make one: kubectl create token NAME --namespace NAMESPACE --duration 2160h > FILE';

function jsonObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unusable(what: string, advice: string): CliError {
  return new CliError('CC_ERR_CLI_TOKEN_FILE_INVALID', `the token of --token-file ${what}`, advice);
}
