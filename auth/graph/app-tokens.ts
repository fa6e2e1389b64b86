// The application's own tokens for Graph, one for each tenant: asked for once by all who need it, and again before it
// expires. OAuth 2.0 client credentials, RFC 6749 §4.4.
import { isJsonObject } from '../strict-json.ts';
import { credentialFields } from './client-credential.ts';
import { unavailable } from './graph-failure.ts';
import type { GraphPlace, GraphSettings } from './graph-settings.ts';
import type { GraphLimits } from './limits.ts';
import type { JsonAnswer, SendJson } from './send-json.ts';
import { pause } from './waiting.ts';

export interface AppTokens {
  /** @throws AuthError CC_ERR_AUTH_GRAPH_UNAVAILABLE */
  tokenFor(tenantId: string): Promise<string>;
  /** Graph refused it: the next one is another. */
  forget(tenantId: string, token: string): void;
}

export interface AppTokensOptions {
  readonly settings: GraphSettings;
  readonly place: GraphPlace;
  readonly send: SendJson;
  readonly limits: GraphLimits;
  readonly random: () => number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

interface AppToken {
  readonly token: string;
  readonly replaceAtMs: number;
}

export function createAppTokens(options: AppTokensOptions): AppTokens {
  const { settings, place, send, limits, random, signal } = options;
  const known = new Map<string, AppToken>();
  const pending = new Map<string, Promise<string>>();

  async function ask(tenantId: string): Promise<JsonAnswer> {
    const url = `${place.authorityOrigin}/${tenantId}/oauth2/v2.0/token`;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: settings.clientId,
      scope: `${place.graphOrigin}/.default`,
      ...(await credentialFields(settings, url)),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return send({ method: 'POST', url, headers, body: form.toString() }, signal);
  }

  async function askTwice(tenantId: string): Promise<JsonAnswer> {
    for (let isLast = false; ; isLast = true) {
      try {
        const answer = await ask(tenantId);
        if (answer.status < 500 || isLast) return answer;
      } catch (error) {
        if (isLast || signal.aborted) throw error;
      }
      await pause(random() * limits.RETRY_JITTER_MS, signal);
    }
  }

  async function renew(tenantId: string): Promise<string> {
    let answer: JsonAnswer;
    try {
      answer = await askTwice(tenantId);
    } catch (cause) {
      throw unavailable('the authority could not be asked for a token for Graph', cause);
    }
    const next = readToken(answer, limits);
    if (known.size >= limits.MAX_TENANTS && !known.has(tenantId)) {
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    }
    known.set(tenantId, next);
    return next.token;
  }

  return {
    async tokenFor(tenantId) {
      const current = known.get(tenantId);
      if (current !== undefined && Date.now() < current.replaceAtMs) return current.token;
      let request = pending.get(tenantId);
      if (request === undefined) {
        request = renew(tenantId).finally(() => pending.delete(tenantId));
        pending.set(tenantId, request);
      }
      return request;
    },
    forget(tenantId, token) {
      if (known.get(tenantId)?.token === token) known.delete(tenantId);
    },
  };
}

/** @throws AuthError CC_ERR_AUTH_GRAPH_UNAVAILABLE */
function readToken({ status, body }: JsonAnswer, limits: GraphLimits): AppToken {
  if (status !== 200)
    throw unavailable(`the authority gave no token for Graph (${status}, ${reasonOf(body)})`);
  const { token_type: type, access_token: token, expires_in: seconds } = isJsonObject(body) ? body : {};
  const isToken =
    typeof token === 'string' && token.length <= limits.MAX_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token);
  if (!isToken || String(type).toLowerCase() !== 'bearer' || typeof seconds !== 'number' || !(seconds > 0)) {
    throw unavailable('the authority answered something that is not a token for Graph');
  }
  const lifetimeMs = Math.min(seconds * 1000, limits.MAX_TOKEN_LIFETIME_MS);
  // A short-lived one is used for half of its life at least.
  const usableMs = Math.max(lifetimeMs - limits.TOKEN_EARLY_MS, lifetimeMs / 2);
  return { token, replaceAtMs: Date.now() + usableMs };
}

/** OAuth's code and Entra's numbers; its text repeats what was sent. */
function reasonOf(body: unknown): string {
  const { error, error_codes: numbers } = isJsonObject(body) ? body : {};
  const name = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : 'without a code';
  const entra = Array.isArray(numbers) ? numbers.filter((number) => Number.isSafeInteger(number)) : [];
  return [name, ...entra.slice(0, 4).map((number) => `AADSTS${String(number)}`)].join(' ');
}
