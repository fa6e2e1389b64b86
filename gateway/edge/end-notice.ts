// What a client is told when the way to its answer breaks: before the answer began, by a Status of our own; after that,
// by whatever its protocol has room for.
import type { StatusOptions } from '../../http/index.ts';
import type { ResetCodeName } from '../../tunnel/index.ts';

/** The tunnel's word for it, what this end decided, or what it made of that word. */
export type EndCode = ResetCodeName | OwnEnd | 'AGENT_DENIED';
/** A body that stopped coming, a gateway that stops, a token whose time is over or that was withdrawn. */
export type OwnEnd = 'BODY_TIMEOUT' | 'GATEWAY_STOPPED' | 'TOKEN_EXPIRED' | 'TOKEN_DENIED';
/** All that is about the token. */
export type TokenEnd = 'EXPIRED' | 'AGENT_DENIED' | 'TOKEN_EXPIRED' | 'TOKEN_DENIED';

// A client may send it again at once: nothing of the request went further.
// Short, because kubectl tries ten times before it says why.
export const RETRY_AFTER_SECONDS = 1;
export const BUSY = {
  code: 503,
  reason: 'ServiceUnavailable',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
} as const;

const LOST = { code: 502, reason: 'InternalError' } as const;
const EXPIRED = { code: 401, reason: 'Unauthorized', message: 'the token has expired' } as const;
const DENIED = { code: 403, reason: 'Forbidden', message: 'access was withdrawn' } as const;
const TOKEN_ENDS: Readonly<Record<TokenEnd, Omit<StatusOptions, 'requestId'>>> = {
  EXPIRED: { ...EXPIRED, hop: 'agent' },
  AGENT_DENIED: { ...DENIED, hop: 'agent' },
  TOKEN_EXPIRED: { ...EXPIRED, hop: 'gateway' },
  TOKEN_DENIED: { ...DENIED, hop: 'gateway' },
};

export function isTokenEnd(code: EndCode): code is TokenEnd {
  return Object.hasOwn(TOKEN_ENDS, code);
}

const SLOW_BODY = { code: 408, reason: 'Timeout', hop: 'gateway' } as const;

/**
 * There was no answer, and now there is none to come. Only REFUSED promises that the request went no further; everything
 * else must not be sent again blindly (DESIGN §6).
 */
export function unansweredNotice(code: EndCode, requestId: string): StatusOptions {
  switch (code) {
    case 'REFUSED':
      return { ...BUSY, message: 'the agent takes no new request', hop: 'agent', requestId };
    case 'EXPIRED':
    case 'AGENT_DENIED':
    case 'TOKEN_EXPIRED':
    case 'TOKEN_DENIED':
      return { ...TOKEN_ENDS[code], requestId };
    case 'BODY_TIMEOUT':
      return {
        ...SLOW_BODY,
        message: 'the body of the request stopped coming; what had come may have been worked on',
        requestId,
      };
    case 'SESSION_LOST':
    case 'TUNNEL_LOST':
      return {
        ...LOST,
        message:
          'the tunnel to the cluster broke before the request was answered; it may have been carried out',
        hop: 'tunnel',
        requestId,
      };
    case 'GATEWAY_STOPPED':
      return {
        ...LOST,
        message: 'the gateway stopped before the request was answered; it may have been carried out',
        hop: 'gateway',
        requestId,
      };
    default:
      return {
        ...LOST,
        message: `the agent broke the request off (${code}); it may have been carried out`,
        hop: 'agent',
        requestId,
      };
  }
}

/** The answer had begun, and the rest of it does not come. */
export function brokenOffNotice(code: EndCode, requestId: string): StatusOptions {
  switch (code) {
    case 'SESSION_LOST':
    case 'TUNNEL_LOST':
      return { ...LOST, message: 'the tunnel to the cluster broke', hop: 'tunnel', requestId };
    case 'UPSTREAM_LOST':
      return { ...LOST, message: 'the connection to the kube-apiserver broke', hop: 'apiserver', requestId };
    case 'EXPIRED':
    case 'AGENT_DENIED':
    case 'TOKEN_EXPIRED':
    case 'TOKEN_DENIED':
      return { ...TOKEN_ENDS[code], requestId };
    case 'BODY_TIMEOUT':
      return { ...SLOW_BODY, message: 'the body of the request stopped coming', requestId };
    case 'GATEWAY_STOPPED':
      return { ...LOST, message: 'the gateway has stopped', hop: 'gateway', requestId };
    case 'STALLED':
      return { ...LOST, message: 'nobody took what was sent for too long', hop: 'tunnel', requestId };
    default:
      return { ...LOST, message: `the agent broke the session off (${code})`, hop: 'agent', requestId };
  }
}
