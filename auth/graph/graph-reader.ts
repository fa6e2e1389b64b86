// One page of Graph in the application's name, with all that Microsoft's throttling.md and errors.md ask of a client:
// who is throttled waits, a failure of Graph's gets one more try, and a token that is refused is replaced once.
import type { AppTokens } from './app-tokens.ts';
import { graphErrorCode, missingPermission, principalGone, unavailable } from './graph-failure.ts';
import type { GraphLimits } from './limits.ts';
import type { JsonAnswer, SendJson } from './send-json.ts';
import { createThrottle } from './throttle.ts';
import { abortable, pause, retryAfterMs } from './waiting.ts';

export interface PageRequest {
  readonly url: string;
  readonly tenantId: string;
  /** What the application needs to be permitted, in the words of a portal: for the log, when Graph says no. */
  readonly permission: string;
}

/** @throws AuthError */
export type ReadPage = (request: PageRequest, signal: AbortSignal) => Promise<unknown>;

export interface GraphReaderOptions {
  readonly appTokens: AppTokens;
  readonly send: SendJson;
  readonly limits: GraphLimits;
  readonly random: () => number;
}

export function createGraphReader({ appTokens, send, limits, random }: GraphReaderOptions): ReadPage {
  const throttle = createThrottle(limits);

  return async ({ url, tenantId, permission }, signal) => {
    const left = { throttled: limits.MAX_THROTTLED_TRIES, failed: 1, refusedTokens: 1 };
    for (;;) {
      await throttle.pass(tenantId, signal);
      const token = await abortable(appTokens.tokenFor(tenantId), signal);
      const headers = { authorization: `Bearer ${token}` };
      const answer = await send({ method: 'GET', url, headers }, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        return new Unanswered(error);
      });
      if (answer instanceof Unanswered) {
        if (left.failed === 0) throw unavailable('Graph did not answer', answer.cause);
        left.failed -= 1;
        await pause(random() * limits.RETRY_JITTER_MS, signal);
        continue;
      }
      if (answer.status === 200) return answer.body;
      const heldMs = throttledMs(answer, limits);
      if (heldMs !== undefined) {
        throttle.hold(tenantId, heldMs);
        if (left.throttled === 0) throw unavailable(`Graph throttles again and again (${answer.status})`);
        left.throttled -= 1;
      } else if (answer.status === 401 && left.refusedTokens > 0) {
        appTokens.forget(tenantId, token);
        left.refusedTokens -= 1;
      } else if (answer.status >= 500 && left.failed > 0) {
        left.failed -= 1;
        await pause(random() * limits.RETRY_JITTER_MS, signal);
      } else {
        throw failureOf(answer, permission);
      }
    }
  };
}

class Unanswered {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

function throttledMs({ status, retryAfter }: JsonAnswer, limits: GraphLimits): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const asked = retryAfterMs(retryAfter, Date.now());
  return asked ?? (status === 429 ? limits.DEFAULT_THROTTLE_MS : undefined);
}

function failureOf({ status, body }: JsonAnswer, permission: string): Error {
  const code = graphErrorCode(body);
  // A 404 of anything else, such as a proxy on the way, says nothing about the principal.
  if (status === 404 && code === 'Request_ResourceNotFound') return principalGone();
  if (status === 403) return missingPermission(permission, `403 ${code}`);
  return unavailable(`Graph answered ${status} (${code})`);
}
