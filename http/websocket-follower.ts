// Follows the frames of a WebSocket by their headers alone (RFC 6455 §5.2): whoever passes the bytes on then knows where
// a frame of its own would fit, without holding or copying one of them.

const CONTINUATION = 0;
const FIRST_CONTROL_OPCODE = 8;
const CLOSE = 8;
const MASK_BYTES = 4;
const LENGTH_OF_16_BITS = 126;
const LENGTH_OF_64_BITS = 127;

type Stage = 'first' | 'second' | 'length' | 'mask' | 'payload';

/** One direction of one WebSocket, from its first byte on. */
export class WebsocketFollower {
  /** The first byte of every message so far: in Kubernetes' streaming protocols, its channel. */
  readonly channels: ReadonlySet<number>;
  /** Messages came whose first byte cannot be read: masked, or of an extension. */
  isOpaque = false;
  private readonly seen = new Set<number>();
  private stage: Stage = 'first';
  private opcode = 0;
  private isMasked = false;
  private lengthBytesLeft = 0;
  private maskBytesLeft = 0;
  private payloadLeft = 0;
  private inMessage = false;
  private channelDue = false;
  private closing = false;

  constructor() {
    this.channels = this.seen;
  }

  /** Nothing of a frame is missing, and none is forbidden: a control frame fits here (§5.4, §5.5.1). */
  get isBetweenFrames(): boolean {
    return this.stage === 'first' && !this.closing;
  }

  /** A message fits here: no fragments of another are still to come (§5.4). */
  get isBetweenMessages(): boolean {
    return this.isBetweenFrames && !this.inMessage;
  }

  /** A Close frame has begun: it is the last one (§5.5.1). */
  get isClosing(): boolean {
    return this.closing;
  }

  follow(chunk: Buffer): void {
    const end = chunk.byteLength;
    for (let at = 0; at < end;) {
      if (this.stage === 'payload') {
        if (this.channelDue && this.opcode < FIRST_CONTROL_OPCODE) this.readChannel(chunk[at] ?? 0);
        const passed = Math.min(this.payloadLeft, end - at);
        this.payloadLeft -= passed;
        at += passed;
        if (this.payloadLeft === 0) this.stage = 'first';
      } else {
        this.readHeader(chunk[at] ?? 0);
        at += 1;
      }
    }
  }

  private readHeader(byte: number): void {
    switch (this.stage) {
      case 'first':
        return this.readFirst(byte);
      case 'second':
        return this.readSecond(byte);
      case 'length':
        // Beyond 2^53 it is not exact, nor does it matter: no such frame ends in this life.
        this.payloadLeft = this.payloadLeft * 256 + byte;
        this.lengthBytesLeft -= 1;
        return this.nextStage();
      case 'mask':
        this.maskBytesLeft -= 1;
        return this.nextStage();
      case 'payload':
        return undefined;
    }
  }

  private readFirst(byte: number): void {
    this.opcode = byte & 0x0f;
    this.stage = 'second';
    if (this.opcode >= FIRST_CONTROL_OPCODE) {
      if (this.opcode === CLOSE) this.closing = true;
      return;
    }
    if (this.opcode !== CONTINUATION) this.channelDue = true;
    this.inMessage = (byte & 0x80) === 0;
    if ((byte & 0x70) !== 0) this.isOpaque = true;
  }

  private readSecond(byte: number): void {
    this.isMasked = (byte & 0x80) !== 0;
    if (this.isMasked) this.isOpaque = true;
    this.maskBytesLeft = this.isMasked ? MASK_BYTES : 0;
    const length = byte & 0x7f;
    this.lengthBytesLeft = length === LENGTH_OF_16_BITS ? 2 : length === LENGTH_OF_64_BITS ? 8 : 0;
    this.payloadLeft = this.lengthBytesLeft === 0 ? length : 0;
    this.nextStage();
  }

  private nextStage(): void {
    if (this.lengthBytesLeft > 0) this.stage = 'length';
    else if (this.maskBytesLeft > 0) this.stage = 'mask';
    else this.stage = this.payloadLeft > 0 ? 'payload' : 'first';
  }

  private readChannel(byte: number): void {
    this.channelDue = false;
    this.seen.add(byte);
  }
}
