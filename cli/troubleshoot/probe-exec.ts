// Hop "exec": whether an upgrade (exec, port-forward, cp) gets through whatever is on the way. Two requests that can do
// nothing: one for a path that the gateway refuses to upgrade, and one for a pod of a name that no pod can have.
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { randomBytes } from 'node:crypto';
import { blame, roleAdvice } from './blame.ts';
import { brokenOff } from './broken-off.ts';
import { TimeoutError, UPGRADE_PROTOCOL, connectSecurely } from './dial.ts';
import { failed, ok } from './hops.ts';
import type { Outcome } from './hops.ts';
import type { Carried } from './probe-cluster.ts';
import type { Answer } from './ask.ts';
import { readStatus } from './status.ts';

const UPGRADE_PATH_REFUSED = 'CC_ERR_HTTP_UPGRADE_PATH';
const UPGRADE_HEADERS = Object.entries({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'v5.channel.k8s.io',
}).flat();
/** An underscore is not allowed in the name of an object: there is no such pod, and never will be. */
const NO_POD = 'cluster-connect_troubleshoot';

export async function probeExec(carried: Carried): Promise<Outcome<Carried>> {
  const { route } = carried.way;
  const exec = `/api/v1/namespaces/${encodeURIComponent(route.namespace)}/pods/${NO_POD}/exec?command=true&stdout=true`;
  let [edge, pod]: (Answer | undefined)[] = [];
  try {
    edge = await upgrade(carried, '/version');
    pod = await upgrade(carried, exec);
  } catch (error) {
    return failed('no-answer', brokenOff(error, edge === undefined ? 'the gateway' : 'the cluster'));
  }
  // Only whoever sees the Upgrade header refuses so: without it this path has an ordinary answer.
  if (edge.status?.errorCode !== UPGRADE_PATH_REFUSED) {
    return failed('upgrade-lost', {
      message: `the WebSocket upgrade did not reach the gateway as one (status ${edge.code})`,
      facts: { status: edge.code },
      advice:
        'A proxy or load balancer on the way takes the Upgrade header away: exec, attach, cp and port-forward cannot work through it. Let it pass TCP through, or WebSocket.',
    });
  }
  const facts = { gateway: edge.code, cluster: pod.code };
  // Nothing is broken: it is what the rule of a viewer says, and worth knowing before anybody tries.
  if (pod.status?.errorCode === 'CC_ERR_GATEWAY_FORBIDDEN') {
    return ok(carried, {
      message: 'WebSocket upgrades get through to the gateway',
      facts,
      notes: [
        `the gateway lets you read only: exec, port-forward and every write are refused. ${roleAdvice(carried)}`,
      ],
    });
  }
  const refused = pod.status?.hop === undefined ? undefined : blame(pod, carried);
  if (refused !== undefined) return { ...refused.failure, problem: 'upgrade-refused', facts };
  const isForbidden = pod.code === 403;
  return ok(carried, {
    message: 'WebSocket upgrades get through to the cluster',
    facts,
    notes: isForbidden ? [`the cluster's RBAC does not let you exec in ${route.namespace}`] : [],
  });
}

async function upgrade({ way, token }: Carried, path: string): Promise<Answer> {
  const { route, limits } = way;
  const socket = await connectSecurely(way, UPGRADE_PROTOCOL);
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      method: 'GET',
      path: `${route.pathPrefix}${path}`,
      headers: [
        'host',
        route.server.host,
        'authorization',
        `Bearer ${token}`,
        ...route.actAs,
        ...UPGRADE_HEADERS,
        'sec-websocket-key',
        randomBytes(16).toString('base64'),
      ],
    });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      asked.destroy();
      socket.destroy();
      settle();
    };
    const timer = setTimeout(
      () => end(() => reject(new TimeoutError('no answer in time'))),
      limits.ANSWER_TIMEOUT_MS,
    );
    asked.on('error', (error) => end(() => reject(error)));
    // Nobody should accept either of the two; who does is no gateway.
    asked.once('upgrade', (answer) => end(() => resolve(answerOf(answer, ''))));
    asked.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        if (text.length < limits.MAX_ANSWER_BYTES) text += chunk;
      });
      answer.once('error', (error) => end(() => reject(error)));
      answer.once('end', () => end(() => resolve(answerOf(answer, text))));
    });
    asked.end();
  });
}

function answerOf(answer: IncomingMessage, text: string): Answer {
  return {
    code: answer.statusCode ?? 0,
    header: (name) => [answer.headers[name] ?? ''].flat().join(', '),
    text,
    status: readStatus(text),
  };
}
