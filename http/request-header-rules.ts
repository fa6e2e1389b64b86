// What becomes of each request header, looked up by its spelling: one Map access answers name, rule and multiplicity.
//
// Headers that no rule names pass (RFC 9110 §7.6.1: a proxy forwards what it does not know). An allow-list would break
// aggregated API servers and `services/proxy`, whose headers nobody here can list; the safety that it would give
// comes from refusing identity in every spelling but the one of kubectl's --as, which is asked about and not believed,
// from the drops below, and from the agent doing all of it again.
import { HttpError } from './http-error.ts';
import { EXTRA_PREFIX } from './asked-identity.ts';
import { isIdentityHeader, squeezeName } from './identity-headers.ts';
import { isToken } from './grammar.ts';
import { parseExtraKey } from './extra-key.ts';

export const ACTION = {
  forward: 0,
  drop: 1,
  /** Connection-specific: dropped from HTTP/1.1, malformed in HTTP/2 (RFC 9113 §8.2.2). */
  hopByHop: 2,
  identity: 3,
  host: 4,
  authorization: 5,
  contentLength: 6,
  transferEncoding: 7,
  connection: 8,
  upgrade: 9,
  expect: 10,
  origin: 11,
  te: 12,
  subprotocol: 13,
  clientAddress: 14,
  pseudo: 15,
  /** Exactly as client-go spells it: whom the client asks to act as. */
  impersonate: 16,
} as const;

export interface HeaderRule {
  /** In lower case. */
  readonly name: string;
  readonly action: (typeof ACTION)[keyof typeof ACTION];
  /** One bit for each header that may come once only (security.md H6); 0 for those that may come often. */
  readonly once: number;
}

const ONCE: readonly (readonly [string, HeaderRule['action']])[] = [
  ['host', ACTION.host],
  ['authorization', ACTION.authorization],
  ['content-length', ACTION.contentLength],
  ['transfer-encoding', ACTION.transferEncoding],
  ['upgrade', ACTION.upgrade],
  ['expect', ACTION.expect],
  ['origin', ACTION.origin],
  ['te', ACTION.te],
  ['content-type', ACTION.forward],
  ['user-agent', ACTION.forward],
  ['sec-websocket-key', ACTION.forward],
  ['sec-websocket-version', ACTION.forward],
  ['if-modified-since', ACTION.forward],
  ['if-unmodified-since', ACTION.forward],
  ['if-range', ACTION.forward],
  ['range', ACTION.forward],
  ['content-range', ACTION.forward],
  ['date', ACTION.forward],
  ['from', ACTION.forward],
  ['referer', ACTION.forward],
  ['max-forwards', ACTION.forward],
  ['traceparent', ACTION.forward],
  ['impersonate-user', ACTION.impersonate],
  ['impersonate-uid', ACTION.impersonate],
  [':method', ACTION.pseudo],
  [':scheme', ACTION.pseudo],
  [':authority', ACTION.pseudo],
  [':path', ACTION.pseudo],
];

const MANY: readonly (readonly [string, HeaderRule['action']])[] = [
  ['impersonate-group', ACTION.impersonate],
  ['connection', ACTION.connection],
  ['sec-websocket-protocol', ACTION.subprotocol],
  ['keep-alive', ACTION.hopByHop],
  ['proxy-connection', ACTION.hopByHop],
  ['http2-settings', ACTION.hopByHop],
  ['trailer', ACTION.drop],
  // We authenticate nobody by cookie, and a browser's cookies for this host are not the apiserver's business.
  ['cookie', ACTION.drop],
  ['cookie2', ACTION.drop],
  // The apiserver takes a client's Audit-Id as its own: the agent sends the request id there.
  ['audit-id', ACTION.drop],
  // The apiserver's audit takes these for the source address. The edge states one X-Forwarded-For itself.
  ['x-forwarded-for', ACTION.clientAddress],
  ['forwarded', ACTION.drop],
  ['x-real-ip', ACTION.drop],
  ['x-client-ip', ACTION.drop],
  ['true-client-ip', ACTION.drop],
  // They would let a request that was judged as one thing be served as another.
  ['x-http-method-override', ACTION.drop],
  ['x-http-method', ACTION.drop],
  ['x-method-override', ACTION.drop],
  ['x-original-url', ACTION.drop],
  ['x-rewrite-url', ACTION.drop],
  // RFC 8470: a hop that had early data says so; none of ours takes any.
  ['early-data', ACTION.drop],
  ['accept', ACTION.forward],
  ['accept-encoding', ACTION.forward],
  ['accept-language', ACTION.forward],
  ['cache-control', ACTION.forward],
  ['if-match', ACTION.forward],
  ['if-none-match', ACTION.forward],
  ['content-encoding', ACTION.forward],
  ['content-md5', ACTION.forward],
  ['kubectl-command', ACTION.forward],
  ['kubectl-session', ACTION.forward],
  ['pragma', ACTION.forward],
  ['sec-websocket-extensions', ACTION.forward],
  ['tracestate', ACTION.forward],
  ['x-stream-protocol-version', ACTION.forward],
];

const RULES = new Map<string, HeaderRule>();
ONCE.forEach(([name, action], bit) => addRule({ name, action, once: 1 << bit }));
for (const [name, action] of MANY) addRule({ name, action, once: 0 });

function addRule(rule: HeaderRule): void {
  RULES.set(rule.name, rule);
  // As Go's and Node's clients spell it; any other spelling takes the slower way through toLowerCase.
  const capitalised = rule.name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
  RULES.set(capitalised, rule);
  RULES.set(capitalised.replace('Sec-Websocket-', 'Sec-WebSocket-'), rule);
}

/**
 * The rule for a header name as it was received. What is not in the table is forwarded, unless its spelling makes it
 * an identity header or one of the families that are never forwarded.
 *
 * @throws HttpError CC_ERR_HTTP_BAD_HEADER for a name that is no token.
 */
export function ruleOf(name: string): HeaderRule {
  return RULES.get(name) ?? ruleOfUnknown(name);
}

function ruleOfUnknown(name: string): HeaderRule {
  const lower = name.toLowerCase();
  const known = RULES.get(lower);
  if (known !== undefined) return known;
  if (!isToken(name)) throw new HttpError('CC_ERR_HTTP_BAD_HEADER', 'a header name is not a token');
  if (isIdentityHeader(lower)) {
    const isExtra =
      lower.startsWith(EXTRA_PREFIX) && parseExtraKey(lower.slice(EXTRA_PREFIX.length)) !== undefined;
    return { name: lower, action: isExtra ? ACTION.impersonate : ACTION.identity, once: 0 };
  }
  return { name: lower, action: isDroppedFamily(lower) ? ACTION.drop : ACTION.forward, once: 0 };
}

/** Every name above that is not plainly forwarded, squeezed. */
const LOOKALIKES: ReadonlySet<string> = new Set(
  [...RULES.values()]
    .filter((rule) => rule.action !== ACTION.forward && rule.action !== ACTION.pseudo)
    .map((rule) => squeezeName(rule.name)),
);

// A spelling that a CGI-like reader would fold onto a rule above is dropped (oauth2-proxy CVE-2025-64484):
// `content_length`, `x_forwarded_for`. `Proxy` itself is httpoxy (CVE-2016-5385).
function isDroppedFamily(lower: string): boolean {
  if (lower === 'proxy' || lower.startsWith('proxy-')) return true;
  const letters = squeezeName(lower);
  return letters.startsWith('xforwarded') || LOOKALIKES.has(letters);
}
