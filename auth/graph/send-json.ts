// One exchange of JSON over a dispatcher that follows no redirect, bounded in time here and in size by the dispatcher.
import { request as send } from 'undici';
import type { Dispatcher } from 'undici';

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface JsonAnswer {
  readonly status: number;
  /** The header as it came; '' when there was none. */
  readonly retryAfter: string;
  /** Undefined for what is not JSON: the error page of a proxy. */
  readonly body: unknown;
}

/** Any status is an answer. Rejects when there is none, or none in time or bounds, with an Error that holds no secret. */
export type SendJson = (request: JsonRequest, signal: AbortSignal) => Promise<JsonAnswer>;

export function createSendJson(dispatcher: Dispatcher, timeoutMs: number): SendJson {
  return async ({ url, method, headers, body: content = null }, signal) => {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error('no answer in time')), timeoutMs);
    try {
      const answer = await send(url, {
        dispatcher,
        method,
        headers: { accept: 'application/json', ...headers },
        body: content,
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      const retryAfter = answer.headers['retry-after'];
      return {
        status: answer.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : '',
        body: parse(await answer.body.text()),
      };
    } finally {
      clearTimeout(timer);
    }
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
