// Hop "dns": whether the gateway's name has an address here, asked of the system as kubectl asks it.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { errorCode } from '../../observe/index.ts';
import type { Way } from './dial.ts';
import { failed, ok, skipped } from './hops.ts';
import type { Outcome } from './hops.ts';
import { hostOf } from './route.ts';

export async function probeDns(way: Way): Promise<Outcome<Way>> {
  const host = hostOf(way.route.server);
  if (way.proxy !== undefined) return skipped(way, 'the proxy looks the name up');
  if (isIP(host) !== 0) return skipped(way, `${host} is an address`);
  const facts = { name: host };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), way.limits.DNS_TIMEOUT_MS);
  });
  try {
    const found = await Promise.race([lookup(host, { all: true }), late]);
    if (found === 'late') {
      return failed('dns-timeout', {
        message: `${host} could not be looked up in time`,
        facts,
        advice: 'Check the name servers of this machine, and the VPN if there is one.',
      });
    }
    const addresses = [...new Set(found.map(({ address }) => address))];
    return ok(way, { message: `${host} is ${addresses.join(', ')}`, facts: { ...facts, addresses } });
  } catch (error) {
    const code = errorCode(error);
    return code === 'EAI_AGAIN'
      ? failed('dns-unavailable', {
          message: `no name server answered for ${host} (${code})`,
          facts: { ...facts, code },
          advice: 'Check the network of this machine, its name servers, and the VPN if there is one.',
        })
      : failed('name-unknown', {
          message: `there is no ${host} (${code})`,
          facts: { ...facts, code },
          advice:
            'Check the name in the kubeconfig (or --gateway) against the address that the operator of the gateway gave you. A name of a private network needs its VPN.',
        });
  } finally {
    clearTimeout(timer);
  }
}
