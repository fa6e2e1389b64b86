// One Session against a peer that says whatever a test makes it say.
import { Session } from '../../tunnel/index.ts';
import type { SessionHandler, SessionRole, TunnelLimits } from '../../tunnel/index.ts';
import { memoryTransports, settle } from './memory-transport.ts';
import type { MemoryTransport } from './memory-transport.ts';
import { raw, readFrames } from './raw-frames.ts';
import type { RawFrame } from './raw-frames.ts';
import { emptyLog, recording } from './session-pair.ts';
import type { EndLog } from './session-pair.ts';

export interface RawPeer {
  readonly session: Session;
  readonly log: EndLog;
  readonly end: MemoryTransport;
  /** Every message of the session, in order. */
  readonly messages: readonly Buffer[];
  /** Sends one message of these frames and lets everything settle. */
  say(...frames: readonly Buffer[]): Promise<void>;
  /** The session's frames since the last call of this; all of them, or those of one name. */
  heard(name?: string): RawFrame[];
  /** The session's GOAWAY code, -1 when none was sent. */
  goAwayCode(): number;
  /** The WebSocket's end as the peer sees it. */
  readonly closes: { code: number; reason: string }[];
  hangUp(code: number): void;
}

export interface RawPeerOptions {
  readonly limits?: Partial<TunnelLimits>;
  readonly handler?: SessionHandler;
  /** False: the peer has not said HELLO. */
  readonly hello?: boolean;
}

/** A session of `role`, and its peer that has said HELLO and answered the first PING. */
export async function rawPeer(role: SessionRole, options: RawPeerOptions = {}): Promise<RawPeer> {
  const [end, peerEnd] = memoryTransports();
  const log = emptyLog();
  const messages: Buffer[] = [];
  const closes: { code: number; reason: string }[] = [];
  let seen = 0;
  peerEnd.listen({
    onMessage: (message) => messages.push(message),
    onViolation: () => undefined,
    onSent: () => undefined,
    onClose: (code, reason) => closes.push({ code, reason }),
  });
  const session = new Session(
    end,
    { ...recording(log), ...options.handler },
    { role, limits: options.limits ?? {} },
  );
  const peer: RawPeer = {
    session,
    log,
    end,
    messages,
    closes,
    say: async (...frames) => {
      peerEnd.send(Buffer.concat(frames));
      await settle();
    },
    heard: (name) => {
      const frames = messages.slice(seen).flatMap(readFrames);
      seen = messages.length;
      return name === undefined ? frames : frames.filter((one) => one.name === name);
    },
    goAwayCode: () => {
      const goAway = messages.flatMap(readFrames).find((one) => one.name === 'GOAWAY');
      return goAway === undefined ? -1 : goAway.payload.readUInt32BE(0);
    },
    hangUp: (code) => peerEnd.close(code, ''),
  };
  await settle();
  if (options.hello !== false) await peer.say(raw.hello());
  return peer;
}

/** A violation ends the session: GOAWAY with `code`, WebSocket closed with 4000 + code, onClose once. */
export function expectEnd(peer: RawPeer, code: number, name: string): void {
  const seen = {
    goAway: peer.goAwayCode(),
    close: peer.closes.map((one) => one.code),
    errors: peer.log.closes.map((error) => error?.code),
  };
  const wanted = { goAway: code, close: [4000 + code], errors: [`CC_ERR_TUNNEL_${name}`] };
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
    throw new Error(`wanted ${JSON.stringify(wanted)}, saw ${JSON.stringify(seen)}`);
  }
}
