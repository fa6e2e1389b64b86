// One GET of a JSON document from the authority, bounded in time, size and destination.
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { createAuthorityDispatcher } from './authority-dispatcher.ts';
import { KEY_FETCH_TIMEOUT_MS, MAX_KEY_DOCUMENT_BYTES } from './limits.ts';

/** Answers a parsed JSON document; rejects with an Error that holds no secret. */
export type FetchJson = (url: string) => Promise<unknown>;

export interface KeyFetch {
  readonly fetchJson: FetchJson;
  close(): Promise<void>;
}

export interface KeyFetchOptions {
  /** PEM, trusted in addition to the system's roots. */
  readonly authorityCa?: string;
  /** `http://[user:password@]host:port`, already matched against NO_PROXY for the authority. */
  readonly proxyUrl?: string;
  /** For one document, from the first byte sent to the last one read. */
  readonly timeoutMs?: number;
}

export function createKeyFetch(options: KeyFetchOptions): KeyFetch {
  const { timeoutMs = KEY_FETCH_TIMEOUT_MS } = options;
  const { authorityCa, proxyUrl } = options;
  const dispatcher = createAuthorityDispatcher({
    authorityCa,
    proxyUrl,
    timeoutMs,
    maxResponseBytes: MAX_KEY_DOCUMENT_BYTES,
    connections: 2,
  });
  return {
    fetchJson: (url) => fetchJson(url, dispatcher, timeoutMs),
    close: () => dispatcher.destroy(),
  };
}

async function fetchJson(url: string, dispatcher: Dispatcher, timeoutMs: number): Promise<unknown> {
  // A redirect is an answer like any other that is not 200: it is not followed, so nobody is sent elsewhere.
  const { statusCode, body } = await request(url, {
    dispatcher,
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (statusCode !== 200) {
    body.on('error', () => undefined).destroy();
    throw new Error(`the authority answered ${statusCode}`);
  }
  return body.json();
}
