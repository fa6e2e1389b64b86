// MSAL's requests by undici: through the proxy of the environment, with an extra CA where one is given, never
// following a redirect (it would carry a secret to another host), and with a bound on time and on size.
import { getCACertificates } from 'node:tls';
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { Agent, ProxyAgent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { proxyFor } from '../config/proxy.ts';
import type { SignInRequest } from './sign-in-request.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1_048_576;

export interface AuthorityNetwork extends INetworkModule {
  /** What the network itself threw last: MSAL replaces it by an error that no longer says why. */
  failure(): unknown;
  close(): Promise<void>;
}

export function createAuthorityNetwork(
  settings: Pick<SignInRequest, 'authorityHost' | 'authorityCa' | 'environment'>,
): AuthorityNetwork {
  const dispatcher = createDispatcher(settings);
  let failure: unknown;
  const noted = async <T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkRequestOptions | undefined,
  ): Promise<NetworkResponse<T>> => {
    try {
      return await send(dispatcher, method, url, options);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return {
    sendGetRequestAsync: (url, options) => noted('GET', url, options),
    sendPostRequestAsync: (url, options) => noted('POST', url, options),
    failure: () => failure,
    close: () => dispatcher.close(),
  };
}

function createDispatcher(
  settings: Pick<SignInRequest, 'authorityHost' | 'authorityCa' | 'environment'>,
): Dispatcher {
  // `ca` replaces the roots, so the ones of Node (and of NODE_EXTRA_CA_CERTS) are named beside it.
  const tls =
    settings.authorityCa === undefined ? {} : { ca: [...getCACertificates('default'), settings.authorityCa] };
  const limits = {
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
  };
  const proxy = proxyFor(settings.authorityHost, settings.environment);
  return proxy === undefined
    ? new Agent({ ...limits, connect: { ...tls, timeout: CONNECT_TIMEOUT_MS } })
    : new ProxyAgent({ ...limits, uri: proxy, requestTls: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
}

async function send<T>(
  dispatcher: Dispatcher,
  method: 'GET' | 'POST',
  url: string,
  options: NetworkRequestOptions = {},
): Promise<NetworkResponse<T>> {
  const answer = await request(url, {
    method,
    dispatcher,
    headers: options.headers ?? {},
    body: options.body ?? null,
  });
  const text = await answer.body.text();
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return { status: answer.statusCode, headers, body: JSON.parse(jsonText(text)) };
}

// MSAL checks the members it uses; a page of HTML (a captive portal) becomes an answer without any of them.
function jsonText(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return '{}';
  }
}
