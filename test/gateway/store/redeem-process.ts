// Run as a process of its own by store-processes.test.ts: `redeem-process.ts FILE TOKEN NAME COUNT` waits for a byte
// on its input, so that all start together, redeems COUNT times at once with its own keys, and prints the successes.
import { once } from 'node:events';
import { openStore } from '../../../gateway/store/index.ts';

const [, , file = '', joinToken = '', name = '', count = '0'] = process.argv;
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
const store = openStore(file);
const results = await Promise.allSettled(
  Array.from({ length: Number(count) }, (_, index) =>
    store.redeemJoinToken({
      joinToken,
      thumbprint: `${name}-${index}`,
      publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'eA' },
      nowMs: Date.now(),
    }),
  ),
);
const codes = results.map((result) =>
  result.status === 'fulfilled' ? 'registered' : String(result.reason?.code),
);
await store.close();
process.stdout.write(JSON.stringify(codes));
