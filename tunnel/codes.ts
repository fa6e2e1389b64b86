// The numbers of SPEC.md §4 and §8 and the errors that carry them.
import { ClusterConnectError } from '../observe/index.ts';

export const RESET_CODE = {
  CANCEL: 1,
  REFUSED: 2,
  INTERNAL: 3,
  UPSTREAM_LOST: 4,
  STALLED: 5,
  STREAM_CLOSED: 6,
  EXPIRED: 7,
  BAD_HEAD: 8,
  SESSION_LOST: 9,
  TUNNEL_LOST: 10,
} as const;
export type ResetCodeName = keyof typeof RESET_CODE;

export const SESSION_CODE = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  FRAME_SIZE_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  STREAM_ID_ERROR: 4,
  HELLO_TIMEOUT: 5,
  HEARTBEAT_TIMEOUT: 6,
  FLOOD: 7,
  UNSUPPORTED_MESSAGE: 8,
  INTERNAL: 9,
  TRANSPORT_LOST: 10,
  REPLACED: 11,
  UNAUTHORIZED: 12,
} as const;
export type SessionCodeName = keyof typeof SESSION_CODE;

export type TunnelErrorCode = `CC_ERR_TUNNEL_${Exclude<SessionCodeName, 'NO_ERROR'>}`;

const RESET_NAMES = invert(RESET_CODE);
const SESSION_NAMES = invert(SESSION_CODE);

/** An unknown code from a newer peer means what INTERNAL means; so does SESSION_LOST, which no peer may claim. */
export function resetCodeName(code: number): ResetCodeName {
  return code === RESET_CODE.SESSION_LOST ? 'INTERNAL' : (RESET_NAMES.get(code) ?? 'INTERNAL');
}

export function sessionCodeName(code: number): SessionCodeName {
  return SESSION_NAMES.get(code) ?? 'INTERNAL';
}

/** The session is over. `goAwayCode` is what the peer is told, or what it told us. */
export class TunnelError extends ClusterConnectError<TunnelErrorCode> {
  readonly goAwayCode: SessionCodeName;
  /** Whether the peer ended the session, not this end. */
  readonly fromPeer: boolean;

  constructor(
    goAwayCode: Exclude<SessionCodeName, 'NO_ERROR'>,
    message: string,
    options?: ErrorOptions & { fromPeer?: boolean },
  ) {
    super(`CC_ERR_TUNNEL_${goAwayCode}`, message, options);
    this.goAwayCode = goAwayCode;
    this.fromPeer = options?.fromPeer ?? false;
  }
}

export type StreamErrorCode = 'CC_ERR_STREAM_REFUSED';

/** A stream could not be opened; nothing was sent. */
export class StreamRefusedError extends ClusterConnectError<StreamErrorCode> {
  readonly retryable = true;

  constructor(message: string) {
    super('CC_ERR_STREAM_REFUSED', message);
  }
}

function invert<Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  const names = new Map<number, Name>();
  for (const name in codes) names.set(codes[name], name);
  return names;
}
