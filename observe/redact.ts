// No secret reaches a log line: fields are redacted by name, and strings by the shape of what they hold.
// facts: L1 (CVE-2019-11250, CVE-2020-8565, CVE-2026-48615).

const SECRET_NAME =
  /^(authorization|proxy-authorization|cookie|set-cookie|.*token|.*secret|.*password|.*assertion|private.?key|sec-websocket-protocol|body)$/i;

// A JWS or JWE in compact form: three or five base64url parts, the first of which starts a JSON object.
const COMPACT_JOSE = /eyJ[\w-]{4,}\.[\w-]*\.[\w-]*(?:\.[\w-]*){0,2}/g;
const BEARER = /\b(Bearer|Basic)\s+\S+/gi;
const BEARER_SUBPROTOCOL = /base64url\.bearer\.authorization\.k8s\.io\.[\w-]+/g;
const JOIN_TOKEN = /\bccjt_[\w-]+/g;
const URL_CREDENTIALS = /\/\/[^/\s:@]*:[^/\s@]*@/g;
const REDACTED = '[redacted]';
const MAX_DEPTH = 4;

/** Replaces whatever looks like a credential inside a text. */
export function redactText(text: string): string {
  return text
    .replace(COMPACT_JOSE, REDACTED)
    .replace(BEARER, `$1 ${REDACTED}`)
    .replace(BEARER_SUBPROTOCOL, REDACTED)
    .replace(JOIN_TOKEN, REDACTED)
    .replace(URL_CREDENTIALS, `//${REDACTED}@`);
}

/** A copy of log fields without secrets. Errors become their code, message and cause. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactRecord(fields, 0);
}

function redactRecord(record: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    clean[name] = SECRET_NAME.test(name) && value !== undefined ? REDACTED : redactValue(value, depth);
  }
  return clean;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) {
    const code = 'code' in value ? value.code : undefined;
    return redactRecord({ name: value.name, code, message: value.message, cause: value.cause }, depth + 1);
  }
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  return redactRecord(Object.fromEntries(Object.entries(value)), depth + 1);
}
