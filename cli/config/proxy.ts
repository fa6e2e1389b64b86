// Which proxy leads to a host, from HTTPS_PROXY and NO_PROXY. Pure: the environment is a parameter.
import { BlockList, isIP } from 'node:net';
import { usageError } from '../cli-error.ts';
import { parseProxyUrl } from './parse-text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_NO_PROXY_LENGTH = 65_536;
const MAX_NO_PROXY_ENTRIES = 1000;

/**
 * The proxy for an https address, or undefined for the direct way. The upper-case names win, as with kubectl.
 * Other than with Go programs a loopback address is no exception: list it in NO_PROXY.
 * @throws CliError CC_ERR_CLI_USAGE for a proxy address that cannot be used; it is not repeated, it may hold a password
 */
export function proxyFor(address: string, environment: Environment): string | undefined {
  const proxy = firstSet(environment, 'HTTPS_PROXY', 'https_proxy');
  if (proxy === undefined) return undefined;
  const url = new URL(address);
  const target = { host: url.hostname, port: url.port === '' ? 443 : Number(url.port) };
  if (bypassesProxy(target, firstSet(environment, 'NO_PROXY', 'no_proxy') ?? '')) return undefined;
  const parsed = parseProxyUrl(proxy);
  if (parsed === undefined) {
    throw usageError(
      'HTTPS_PROXY is not a proxy address that can be used',
      'Set it to http://host:port; a user and a password stand before the host, as in any address',
    );
  }
  return parsed;
}

/**
 * Whether NO_PROXY names the target. Entries are separated by commas or blanks: `*`, a host with its subdomains
 * (`example.com`), subdomains only (`.example.com`, `*.example.com`), an IP address, a CIDR; a host or an address
 * may end in `:port`. The form is that of Go's golang.org/x/net/http/httpproxy, which kubectl uses.
 */
export function bypassesProxy(
  target: { readonly host: string; readonly port: number },
  noProxy: string,
): boolean {
  const host = plainHost(target.host);
  return noProxy
    .slice(0, MAX_NO_PROXY_LENGTH)
    .toLowerCase()
    .split(/[\s,]+/, MAX_NO_PROXY_ENTRIES)
    .some((entry) => entry !== '' && matches(entry, host, target.port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inNetwork(entry, host);
  const named = splitPort(entry);
  if (named.port !== undefined && named.port !== port) return false;
  if (isIP(named.host) !== 0 || isIP(host) !== 0) return sameAddress(named.host, host);
  const pattern = named.host.replace(/^\*(?=\.)/, '').replace(/\.$/, '');
  if (pattern === '') return false;
  return pattern.startsWith('.') ? host.endsWith(pattern) : host === pattern || host.endsWith(`.${pattern}`);
}

function splitPort(entry: string): { host: string; port: number | undefined } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const host = bracketed ?? plain;
  // An IPv6 address without brackets has no port.
  if (host === undefined) return { host: entry, port: undefined };
  return { host, port: digits === undefined ? undefined : Number(digits) };
}

function inNetwork(entry: string, host: string): boolean {
  const [, network, digits] = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(network ?? '');
  if (network === undefined || family === 0 || isIP(host) !== family) return false;
  const prefix = Number(digits);
  if (prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function sameAddress(left: string, right: string): boolean {
  return isIP(left) === 6 ? inNetwork(`${left}/128`, right) : left === right;
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function firstSet(environment: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
}
