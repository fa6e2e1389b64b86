// Hop "proxy": whether an outbound proxy is used, can be reached, and leads to the gateway by CONNECT.
import { BlockList, isIP } from 'node:net';
import { errorCode } from '../../observe/index.ts';
import { proxyFor } from '../config/proxy.ts';
import { ProxyAnswerError, TimeoutError, connectByProxy } from './dial.ts';
import type { Way } from './dial.ts';
import { failed, ok } from './hops.ts';
import type { Failed, Outcome } from './hops.ts';
import type { TroubleshootLimits } from './limits.ts';
import { hostOf, portOf } from './route.ts';
import type { Route } from './route.ts';
import { percentDecoded } from './scrub.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export async function probeProxy(
  route: Route,
  environment: Environment,
  limits: TroubleshootLimits,
): Promise<Outcome<Way>> {
  const found = findProxy(route, environment);
  if ('state' in found) return found;
  if (!('proxy' in found)) return ok({ route, limits }, { message: found.none, facts: { used: false } });
  const { proxy, from } = found;
  const [host, port] = [hostOf(route.server), portOf(route.server)];
  // Host and port only: the rest of a proxy's address may be a password.
  const facts = { used: true, from, address: `${proxy.protocol}//${proxy.host}`, target: `${host}:${port}` };
  try {
    const socket = await connectByProxy(proxy, host, port, limits.PROXY_ANSWER_TIMEOUT_MS);
    socket.destroy();
  } catch (error) {
    return { ...describe(error, proxy.host, `${host}:${port}`), facts };
  }
  const message = `${proxy.host} (${from}) connects to ${host}:${port}`;
  return ok({ route, proxy, limits }, { message, facts });
}

function findProxy(
  route: Route,
  environment: Environment,
): { proxy: URL; from: string } | { none: string } | Failed {
  const { proxyUrl } = route;
  if (proxyUrl !== undefined) {
    const proxy = URL.canParse(proxyUrl) ? new URL(proxyUrl) : undefined;
    if (proxy !== undefined && isUsable(proxy)) return { proxy, from: 'proxy-url' };
    return unusable('proxy-url of the kubeconfig');
  }
  let proxy: string | undefined;
  try {
    proxy = proxyFor(route.server.href, environment);
  } catch {
    return unusable('HTTPS_PROXY');
  }
  if (proxy === undefined) {
    const isSet = (environment['HTTPS_PROXY'] ?? environment['https_proxy'] ?? '') !== '';
    return { none: isSet ? 'none: NO_PROXY names the gateway' : 'none: HTTPS_PROXY is not set' };
  }
  // Programs in Go, as kubectl is, never use the variables for this machine itself.
  if (isLoopback(hostOf(route.server))) return { none: 'none: kubectl uses no proxy for a loopback address' };
  const url = new URL(proxy);
  return isUsable(url) ? { proxy: url, from: 'HTTPS_PROXY' } : unusable('HTTPS_PROXY');
}

function isUsable({ protocol, username, password }: URL): boolean {
  return /^https?:$/.test(protocol) && percentDecoded(username + password) !== undefined;
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function unusable(from: string): Failed {
  return failed('proxy-unusable', {
    message: `${from} is not a proxy that this command can use`,
    advice:
      'Set it to http://host:port, with user and password before the host where the proxy wants them. If kubectl is to use another kind (socks5), try kubectl itself.',
  });
}

function describe(error: unknown, proxy: string, target: string): Failed {
  if (error instanceof TimeoutError) {
    return failed('proxy-timeout', {
      message: `the proxy ${proxy} did not connect to ${target} in time`,
      advice: `Check that ${proxy} is your proxy and may reach ${target}; or put the gateway into NO_PROXY.`,
    });
  }
  if (!(error instanceof ProxyAnswerError)) {
    return failed('proxy-unreachable', {
      message: `the proxy ${proxy} cannot be reached (${errorCode(error)})`,
      advice:
        'Check HTTPS_PROXY (or proxy-url in the kubeconfig): name, port, and whether you are in that network.',
    });
  }
  const { status } = error;
  if (status === 407) {
    return failed('proxy-credentials', {
      message: `the proxy ${proxy} wants other credentials (407)`,
      advice:
        'Put user and password into HTTPS_PROXY: before the host, a colon between them and an @ after them, percent-encoded.',
    });
  }
  return failed('proxy-refused', {
    message: `the proxy ${proxy} answered CONNECT to ${target} with ${status}`,
    advice: `Ask whoever runs the proxy to allow CONNECT to ${target}${
      status >= 500 ? ', and whether the proxy can reach it at all' : ''
    }; or put the gateway into NO_PROXY if there is a direct way.`,
  });
}
