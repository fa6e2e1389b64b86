// The last frames of a WebSocket whose session breaks off on the way, so that kubectl says why in one line
// (client-go tools/remotecommand: errorDecoderV4, readDemuxLoop).
import { statusBody, statusMessage } from './status-body.ts';
import type { StatusOptions } from './status-body.ts';
import { WebsocketFollower } from './websocket-follower.ts';

const STATUS_CHANNEL = 3;
const BINARY_FRAME = 0x82;
const CLOSE_FRAME = 0x88;
const LENGTH_OF_16_BITS = 126;
// RFC 6455 §7.4.1
const NORMAL_CLOSURE = 1000;
const INTERNAL_ERROR = 1011;
// RFC 6455 §5.5: a control frame has at most 125 bytes, two of which are the code.
const MAX_REASON_BYTES = 123;
const NOTHING = Buffer.alloc(0);

export class WebsocketSession {
  private readonly follower = new WebsocketFollower();
  private readonly endsWithStatus: boolean;

  /** @param endsWithStatus whether its protocol is one whose channel 3 carries one Status at its end */
  constructor(endsWithStatus: boolean) {
    this.endsWithStatus = endsWithStatus;
  }

  follow(chunk: Buffer): void {
    this.follower.follow(chunk);
  }

  get isCutShort(): boolean {
    return this.endsWithStatus && !this.follower.isClosing;
  }

  farewell(why: StatusOptions): Buffer {
    const { follower } = this;
    if (!follower.isBetweenFrames) return NOTHING;
    // A second Status would spoil the first.
    const fits = follower.isBetweenMessages && !follower.isOpaque && !follower.channels.has(STATUS_CHANNEL);
    if (!fits || !this.endsWithStatus) return closeFrame(INTERNAL_ERROR, statusMessage(why));
    const body = statusBody(why);
    const head = Buffer.of(BINARY_FRAME, LENGTH_OF_16_BITS, 0, 0, STATUS_CHANNEL);
    head.writeUInt16BE(body.byteLength + 1, 2);
    // Any other code than 1000, and client-go shows that code instead of the Status.
    return Buffer.concat([head, body, closeFrame(NORMAL_CLOSURE, '')]);
  }
}

/** @param reason ASCII */
function closeFrame(code: number, reason: string): Buffer {
  const text = reason.slice(0, MAX_REASON_BYTES);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = CLOSE_FRAME;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  frame.write(text, 4, 'latin1');
  return frame;
}
