// Which upgrades there are: two protocols, few paths, no body, and raw bytes only after the very 101 that was asked
// for (security.md U1 to U4; CVE-2018-1002105, CVE-2020-8559).
import type { HeaderList, UpgradeToken } from './head-types.ts';
import { HttpError } from './http-error.ts';
import { filterAnswerHeaders } from './answer-headers.ts';
import { parseTarget } from './target.ts';

/** What one pass over the headers found that concerns an upgrade. */
export interface UpgradeRequest {
  readonly method: string;
  /** Value of the one Upgrade header; empty when there is none. */
  readonly upgrade: string;
  /** Whether Connection names `upgrade`. */
  readonly connectionUpgrade: boolean;
  /** As in RequestHead. */
  readonly bodyLength: number;
}

/**
 * The protocol to switch to; empty for an ordinary request. `Connection: upgrade` alone is one: load balancers add it
 * to every request, and RFC 9110 §7.8 gives it no meaning without an Upgrade header.
 *
 * @throws HttpError CC_ERR_HTTP_BAD_UPGRADE for every other protocol (`h2c`, lists), a missing Connection option,
 *   a wrong method or a body.
 */
export function parseUpgrade(request: UpgradeRequest): '' | UpgradeToken {
  if (request.upgrade === '') return '';
  const token = upgradeToken(request.upgrade);
  if (token === undefined) throw badUpgrade('only websocket and SPDY/3.1 can be upgraded to');
  if (!request.connectionUpgrade) throw badUpgrade('an Upgrade header without the Connection option upgrade');
  if (!upgradeFits(token, request.method, request.bodyLength)) {
    throw badUpgrade('an upgrade is a GET (SPDY/3.1: or a POST) without a body');
  }
  return token;
}

/** Whether this method and body go with the protocol: WebSocket is GET only (RFC 6455 §4.1), nothing has a body. */
export function upgradeFits(token: UpgradeToken, method: string, bodyLength: number): boolean {
  return bodyLength === 0 && (method === 'GET' || (method === 'POST' && token === 'SPDY/3.1'));
}

// Subresources of core and of aggregated API groups; what follows `proxy/` is another server's path.
const UPGRADE_PATH =
  /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/)?[^/]+\/[^/]+\/(?:exec|attach|portforward|log|proxy(?:\/.*)?)$/;
const WATCH_PATH = /^\/(?:api|apis\/[^/]+)\/[^/]+\/watch\//;
const WATCH_QUERY = /(?:^|&)watch=(?:true|1)(?:&|$)/;

/**
 * Refuses an upgrade on a path that has none (security.md U3, k/k#72113): exec, attach, portforward, proxy, log, watch.
 *
 * @param target as forwarded, without the route's prefix
 * @throws HttpError CC_ERR_HTTP_UPGRADE_PATH, or what checkTarget throws
 */
export function checkUpgradeTarget(target: string): void {
  const { path, query } = parseTarget(target);
  if (UPGRADE_PATH.test(path) || WATCH_PATH.test(path) || WATCH_QUERY.test(query)) return;
  throw new HttpError('CC_ERR_HTTP_UPGRADE_PATH', 'this path cannot be upgraded');
}

/**
 * The headers of a valid 101, ready to be written: hop-by-hop headers gone, our own Connection and Upgrade in front.
 * May be applied again at the next hop. Both ends call this before a single raw byte.
 *
 * @param requested what this request asked for; empty when it asked for nothing
 * @throws HttpError CC_ERR_HTTP_UPGRADE_ANSWER for every other answer
 */
export function checkSwitchingProtocols(
  requested: '' | UpgradeToken,
  status: number,
  rawHeaders: readonly string[],
): HeaderList {
  if (status !== 101 || requested === '') throw badSwitch('the upgrade was not answered by 101');
  let upgrades = 0;
  let connectionUpgrade = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    if (name === 'upgrade') {
      upgrades++;
      if (upgradeToken(value) !== requested)
        throw badSwitch('the upgrade was answered with another protocol');
    } else if (name === 'connection') {
      connectionUpgrade ||= value.split(',').some((option) => option.trim().toLowerCase() === 'upgrade');
    } else if (name === 'transfer-encoding' || (name === 'content-length' && value !== '0')) {
      throw badSwitch('a 101 announced a body');
    }
  }
  if (upgrades !== 1 || !connectionUpgrade)
    throw badSwitch('a 101 without its Upgrade and Connection headers');
  // Exactly one Connection option: kubectl's WebSocket client compares the whole value.
  return ['connection', 'Upgrade', 'upgrade', requested, ...filterAnswerHeaders(status, rawHeaders)];
}

/**
 * Whether an upgrade that was not answered by 101 may be relayed as an ordinary answer (after which both ends are
 * closed): errors may, redirects and successes may not (security.md U2).
 *
 * @throws HttpError CC_ERR_HTTP_UPGRADE_ANSWER below 400
 */
export function checkDeclinedUpgrade(status: number): void {
  if (status < 400) throw badSwitch('the upgrade was answered by neither 101 nor an error');
}

function upgradeToken(value: string): UpgradeToken | undefined {
  const lower = value.toLowerCase();
  if (lower === 'websocket') return 'websocket';
  return lower === 'spdy/3.1' ? 'SPDY/3.1' : undefined;
}

function badUpgrade(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_UPGRADE', message);
}

function badSwitch(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_UPGRADE_ANSWER', message);
}
