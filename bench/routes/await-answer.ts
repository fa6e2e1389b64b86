// Waits until a route really carries a request to the apiserver stand-in and its answer back.
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { quoteLog } from '../../demo/control-plane/index.ts';
import type { RouteAddress, World } from './route.ts';
import type { StartedRoute } from './route-start.ts';

const PATH = '/api/v1/namespaces/default/configmaps/bench';
/** Generous: a tunnel may wait a second or two before it dials again. */
const READY_TIMEOUT_MS = 20_000;
const ATTEMPT_TIMEOUT_MS = 5_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** @throws Error with the last refusal when there is no answer within 20 s, or when a process of the route has ended */
export async function awaitAnswer({ route, watched }: StartedRoute, world: World): Promise<void> {
  const address = route.address('http1');
  if (address === undefined) throw new TypeError(`every route speaks HTTP/1.1: ${route.info.name}`);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (pauseMs > FIRST_PAUSE_MS) await delay(pauseMs);
    try {
      return await askOnce(address, world.identity.token);
    } catch (error) {
      const gone = watched.find((process) => !process.isRunning());
      if (gone === undefined && Date.now() < deadline) continue;
      const what =
        gone === undefined ? `no answer: ${String(error)}` : `${gone.name} ended (${await gone.ended})`;
      // The reason often stands in the other one's log.
      const logs = await Promise.all(watched.map(quoteLog));
      throw new Error([what, ...logs.filter((log) => log !== '')].join('\n'), { cause: error });
    }
  }
}

function askOnce({ host, port, serverName, ca }: RouteAddress, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host,
        port,
        ca,
        path: PATH,
        // A connection of its own, closed with the answer.
        agent: false,
        headers: { authorization: `Bearer ${token}` },
        timeout: ATTEMPT_TIMEOUT_MS,
        ...(serverName === '' ? {} : { servername: serverName }),
      },
      (answer) => {
        answer.resume();
        answer.once('error', reject);
        answer.once('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`it answers with status ${answer.statusCode}`));
        });
      },
    );
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', reject);
    asked.end();
  });
}
