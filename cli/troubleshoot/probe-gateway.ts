// Hop "gateway": whether what answers there is a gateway of ours, by a request without a token, and how far its clock is.
import { ask } from './ask.ts';
import type { Answer } from './ask.ts';
import { brokenOff } from './broken-off.ts';
import type { Way } from './dial.ts';
import { failed, ok } from './hops.ts';
import type { Failed, Outcome } from './hops.ts';
import { shown } from './scrub.ts';

/** The way, and the gateway's clock beside ours. */
export interface Greeted {
  readonly way: Way;
  /** What to add to this machine's clock; 0 when the gateway does not say. */
  readonly clockDifferenceMs: number;
}

/** The Date header has whole seconds (RFC 9110 §5.6.7). */
const DATE_RESOLUTION_MS = 1000;

export async function probeGateway(way: Way): Promise<Outcome<Greeted>> {
  const askedAtMs = Date.now();
  let answer: Answer;
  try {
    answer = await ask(way, { path: '/version' });
  } catch (error) {
    return failed('no-answer', brokenOff(error, 'the gateway'));
  }
  const clockDifferenceMs = clockDifference(answer.header('date'), askedAtMs, Date.now());
  const facts = {
    status: answer.code,
    ...(clockDifferenceMs === undefined
      ? {}
      : { clockDifferenceSeconds: Math.round(clockDifferenceMs / 1000) }),
  };
  const refusal = describe(answer);
  if (refusal !== undefined) return { ...refusal, facts };
  const difference = clockDifferenceMs ?? 0;
  const seconds = Math.round(difference / 1000);
  return ok(
    { way, clockDifferenceMs: difference },
    {
      message: `answers, and its clock differs by ${seconds} s`,
      facts,
      notes:
        Math.abs(difference) > way.limits.MAX_CLOCK_DIFFERENCE_MS
          ? [
              `this clock and the gateway's differ by ${seconds} s: set the clock of this machine, or tokens are refused`,
            ]
          : [],
    },
  );
}

function clockDifference(date: string, askedAtMs: number, answeredAtMs: number): number | undefined {
  const dateMs = Date.parse(date);
  if (Number.isNaN(dateMs)) return undefined;
  // Written at some time between: within that, there is no difference to be seen.
  if (dateMs + DATE_RESOLUTION_MS < askedAtMs) return dateMs + DATE_RESOLUTION_MS - askedAtMs;
  return dateMs > answeredAtMs ? dateMs - answeredAtMs : 0;
}

function describe(answer: Answer): Failed | undefined {
  const { code, status } = answer;
  if (status?.hop !== 'gateway') {
    const server = shown(answer.header('server'));
    return failed('not-the-gateway', {
      message: `something else than a gateway answered: status ${code}${server === '' ? '' : `, server ${server}`}`,
      advice:
        'Check the address in the kubeconfig. A proxy, a sign-in page of the network or a load balancer may answer in its place; a load balancer must pass TCP through.',
    });
  }
  const { errorCode, requestId, message } = status;
  // Nobody is let in without a token: that is the answer of a gateway that works.
  if (code === 401) return undefined;
  const shared = { errorCode, requestId };
  if (errorCode === 'CC_ERR_GATEWAY_MISDIRECTED') {
    return {
      ...failed('misdirected', {
        message: `the gateway is known by another name (${errorCode})`,
        advice:
          "The kubeconfig's server has to be the gateway's publicUrl, and tls-server-name the cluster's: write the entry again with `cluster-connect get-credentials`.",
      }),
      ...shared,
    };
  }
  if (errorCode === 'CC_ERR_GATEWAY_NOT_FOUND') {
    return {
      ...failed('nothing-served', {
        message: `the gateway serves nothing at this address (${errorCode})`,
        advice:
          'The kubeconfig names no cluster: it needs tls-server-name, or a server that ends in /clusters/NAME. Write the entry again with `cluster-connect get-credentials`.',
      }),
      ...shared,
    };
  }
  return {
    ...failed('gateway-refuses', { message, advice: `See ${errorCode} in docs/errors.md.` }),
    ...shared,
  };
}
