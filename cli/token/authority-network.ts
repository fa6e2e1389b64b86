// The way to the authority, and to the CI systems whose tokens it takes: through the proxy of the environment, with an
// extra CA where one is given. What MSAL sends goes to the authority alone, whatever its metadata says.
import { getCACertificates } from 'node:tls';
import { Agent, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import { CliError } from '../cli-error.ts';
import { proxyFor } from '../config/proxy.ts';
import { asNetworkModule, createSend, dispatcherLimits } from './bounded-network.ts';
import type { BoundedNetwork, NetworkLimits, Send } from './bounded-network.ts';
import { withBinding } from './pop/bound-request.ts';
import type { SignInRequest } from './sign-in-request.ts';

export interface AuthorityNetwork extends BoundedNetwork {
  /** To whom MSAL has nothing to say: a CI system. */
  readonly elsewhere: Send;
}

export const AUTHORITY_LIMITS: NetworkLimits = {
  connectMs: 10_000,
  answerMs: 30_000,
  totalMs: 60_000,
  answerBytes: 1_048_576,
};

type NetworkSettings = Pick<SignInRequest, 'authorityHost' | 'authorityCa' | 'environment' | 'boundTo'>;

export function createAuthorityNetwork(
  settings: NetworkSettings,
  limits: NetworkLimits = AUTHORITY_LIMITS,
): AuthorityNetwork {
  const { send, close } = createSend((origin) => dispatcherFor(origin, settings, limits), limits);
  const { authorityHost, boundTo } = settings;
  const own = toAuthorityOnly(send, authorityHost);
  return {
    ...asNetworkModule(boundTo === undefined ? own : withBinding(own, boundTo), close),
    elsewhere: send,
  };
}

function dispatcherFor(origin: string, settings: NetworkSettings, limits: NetworkLimits): Dispatcher {
  // `ca` replaces the roots, so the ones of Node (and of NODE_EXTRA_CA_CERTS) are named beside it.
  const tls =
    settings.authorityCa === undefined ? {} : { ca: [...getCACertificates('default'), settings.authorityCa] };
  const connect = { ...tls, timeout: limits.connectMs };
  const proxy = proxyFor(origin, settings.environment);
  return proxy === undefined
    ? new Agent({ ...dispatcherLimits(limits), connect })
    : new ProxyAgent({ ...dispatcherLimits(limits), uri: proxy, requestTls: connect });
}

// Metadata could name anybody's token endpoint, and MSAL would bring the secret there. Nor would MSAL tell a broken server
// from a refusal: it would say that a member is missing.
function toAuthorityOnly(send: Send, authorityHost: string): Send {
  return async (method, url, options) => {
    if (new URL(url).origin !== authorityHost) throw strangeEndpoint(authorityHost);
    const answer = await send(method, url, options);
    if (answer.status < 500 && answer.status !== 429) return answer;
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
      `${authorityHost} answered with ${answer.status}`,
      'Run the command again in a while; if it goes on, see the status page of Microsoft Entra',
    );
  };
}

export function strangeEndpoint(authorityHost: string): CliError {
  return new CliError(
    'CC_ERR_CLI_SIGN_IN_FAILED',
    `${authorityHost} sends sign-ins to another host`,
    'Check --authority-host: give the host itself that signs in, such as https://login.microsoftonline.com',
  );
}
