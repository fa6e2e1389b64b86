// Hop "tcp": whether anything listens at the gateway's address.
import { errorCode } from '../../observe/index.ts';
import { TimeoutError, connectTcp } from './dial.ts';
import type { Way } from './dial.ts';
import { failed, ok, skipped } from './hops.ts';
import type { Outcome } from './hops.ts';
import { hostOf, portOf } from './route.ts';

export async function probeTcp(way: Way): Promise<Outcome<Way>> {
  if (way.proxy !== undefined) return skipped(way, 'the proxy connects');
  const [host, port] = [hostOf(way.route.server), portOf(way.route.server)];
  try {
    const socket = await connectTcp(host, port, way.limits.CONNECT_TIMEOUT_MS);
    const facts = { host, port, address: socket.remoteAddress ?? '' };
    socket.destroy();
    return ok(way, { message: `connected to ${facts.address} port ${port}`, facts });
  } catch (error) {
    if (error instanceof TimeoutError) {
      return failed('connect-timeout', {
        message: `${host} port ${port} does not answer`,
        facts: { host, port },
        advice:
          'A firewall swallows the packets, or the address is wrong. Where an outbound proxy is the only way out, set HTTPS_PROXY.',
      });
    }
    const code = errorCode(error);
    const facts = { host, port, code };
    return code === 'ECONNREFUSED'
      ? failed('port-closed', {
          message: `nothing listens at ${host} port ${port} (${code})`,
          facts,
          advice:
            'Check the port in the kubeconfig; ask the operator of the gateway whether it runs and listens there.',
        })
      : failed('unreachable', {
          message: `${host} port ${port} cannot be reached (${code})`,
          facts,
          advice:
            'Check the network of this machine: route, VPN, firewall, or an outbound proxy (HTTPS_PROXY).',
        });
  }
}
