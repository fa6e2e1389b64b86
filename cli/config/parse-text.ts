// From what a person writes to a value, or undefined. Without zod, which takes longer to load than get-token may run.
import { isIP } from 'node:net';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const JOIN_TOKEN = /^ccjt_[\w-]{43}$/;

export function parseGuid(text: string): string | undefined {
  return GUID.test(text) ? text.toLowerCase() : undefined;
}

export function isDnsName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => DNS_LABEL.test(label)) && isIP(text) === 0;
}

/** `30s`, `500ms`, `2h`: in milliseconds. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined || unit === undefined
    ? undefined
    : Number(count) * (UNIT_MS[unit] ?? Number.NaN);
}

/** `https://host[:port]`: the origin as URL writes it, in lower case and without a slash at the end. */
export function parseHttpsOrigin(text: string): string | undefined {
  if (!/^https:\/\/[^/?#@\\\s]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.port === '0' ? undefined : url.origin;
}

/** `0.0.0.0:8443`, `[::1]:0`. */
export function parseListenAddress(text: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? { host, port } : undefined;
  return isIP(host) === 4 || isDnsName(host) ? { host, port } : undefined;
}

/** `http://[user:password@]host:port`, or `host:port` as many write it. */
export function parseProxyUrl(text: string): string | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  const bare = url.pathname === '/' && url.search === '' && url.hash === '';
  return url.protocol === 'http:' && url.hostname !== '' && bare ? url.href.slice(0, -1) : undefined;
}

export function isJoinToken(text: string): boolean {
  return JOIN_TOKEN.test(text);
}

/** A tenant is named by its GUID or by one of its domains; `common` and its like would be anybody's tenant. */
export function parseTenant(text: string): string | undefined {
  const lower = text.toLowerCase();
  return parseGuid(lower) ?? (lower.includes('.') && isDnsName(lower) ? lower : undefined);
}

/** `auto`, or a whole number from 1 to `max`. */
export function parseProcessCount(text: string, max: number): number | 'auto' | undefined {
  if (text === 'auto') return text;
  const count = Number(text);
  return /^[1-9]\d{0,3}$/.test(text) && count <= max ? count : undefined;
}
