// MSAL's requests by undici: never following a redirect (it would carry a secret to another host), and with a bound on
// time and on size.
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { request } from 'undici';
import type { Dispatcher } from 'undici';

export interface NetworkLimits {
  readonly connectMs: number;
  /** For an answer to begin, and between two parts of it. */
  readonly answerMs: number;
  /** For everything: one that comes drop by drop ends too. */
  readonly totalMs: number;
  readonly answerBytes: number;
}

export interface BoundedNetwork extends INetworkModule {
  /** What the network itself threw last: MSAL replaces it by an error that no longer says why. */
  failure(): unknown;
  close(): Promise<void>;
}

/** What a wrapper around one request looks like: see authority-network.ts and pop/bound-request.ts. */
export type Send = (method: 'GET' | 'POST', url: string, options: NetworkRequestOptions) => Promise<Answer>;
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** @param dispatcherFor by origin; each is asked for once, and closed with the network */
export function createSend(
  dispatcherFor: (origin: string) => Dispatcher,
  limits: NetworkLimits,
): { readonly send: Send; readonly close: () => Promise<void> } {
  const dispatchers = new Map<string, Dispatcher>();
  const dispatcherOf = (url: string): Dispatcher => {
    const { origin } = new URL(url);
    const known = dispatchers.get(origin);
    if (known !== undefined) return known;
    const made = dispatcherFor(origin);
    dispatchers.set(origin, made);
    return made;
  };
  return {
    send: async (method, url, options) => {
      const answer = await request(url, {
        method,
        dispatcher: dispatcherOf(url),
        headers: options.headers ?? {},
        body: options.body ?? null,
        signal: AbortSignal.timeout(limits.totalMs),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: plainHeaders(answer.headers), body: parsedJson(text) };
    },
    close: async () => {
      // Not close: that would wait for an answer that is given up.
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/** What every dispatcher gets. */
export function dispatcherLimits(limits: NetworkLimits): {
  headersTimeout: number;
  bodyTimeout: number;
  maxResponseSize: number;
} {
  return {
    headersTimeout: limits.answerMs,
    bodyTimeout: limits.answerMs,
    maxResponseSize: limits.answerBytes,
  };
}

/** As MSAL wants it. It checks the members of an answer that it uses. */
export function asNetworkModule(send: Send, close: () => Promise<void>): BoundedNetwork {
  let failure: unknown;
  const noted = async <T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> => {
    try {
      const { status, headers, body } = await send(method, url, options);
      // The only way from `unknown` to what MSAL says that it expects, without saying that we know.
      return { status, headers, body: JSON.parse(JSON.stringify(body)) };
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return {
    sendGetRequestAsync: (url, options) => noted('GET', url, options),
    sendPostRequestAsync: (url, options) => noted('POST', url, options),
    failure: () => failure,
    close,
  };
}

function plainHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

// A page of HTML (a captive portal), or JSON that is no object, becomes an answer without any member.
function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
