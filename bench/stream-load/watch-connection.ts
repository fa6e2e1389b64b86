// One HTTP/2 connection full of watches, with nothing of RFC 9113 but what two well-behaved servers need.
import { decodeEvent, EVENT_BYTES, watchPath } from '../apiserver/streams/index.ts';
import type { WatchEvent } from '../apiserver/streams/index.ts';
import {
  clientPreface,
  FLAG,
  FRAME,
  frame,
  FrameReader,
  headerBlocks,
  openTlsSocket,
} from '../load/index.ts';
import type { LoadSocket } from '../load/index.ts';
import type { StreamTarget } from './stream-target.ts';

export interface WatchEvents {
  /** A watch's answer has begun, with status 200. */
  onOpen(): void;
  onEvent(event: WatchEvent): void;
  onFailure(error: Error): void;
}

// RFC 7541 §6.2.2, with the name of the static table's entry 4.
const PATH_LITERAL = 4;
// RFC 7541 appendix A, entry 8.
const STATUS_200 = 0x80 | 8;
const NOTHING = Buffer.alloc(0);

interface Watch {
  readonly number: number;
  isOpen: boolean;
  /** Of an event that came in pieces. */
  partial: Buffer;
}

export class WatchConnection {
  private readonly events: WatchEvents;
  private readonly watches = new Map<number, Watch>();
  private socket: LoadSocket | undefined = undefined;

  constructor(events: WatchEvents) {
    this.events = events;
  }

  /** Resolves when the requests are sent: each answer is told by `onOpen`. */
  async open(target: StreamTarget, token: string, numbers: readonly number[]): Promise<void> {
    const settings = Promise.withResolvers<void>();
    settings.promise.catch(() => undefined);
    const reader = new FrameReader((type, flags, streamId, payload) => {
      if (type === FRAME.settings) settings.resolve();
      this.onFrame(type, flags, streamId, payload);
    });
    const socket = await openTlsSocket(target, 'h2', {
      onBytes: (bytes) => reader.push(bytes),
      onFailure: (error) => {
        settings.reject(error);
        this.events.onFailure(error);
      },
    });
    this.socket = socket;
    socket.write(clientPreface());
    await settings.promise;
    const blocks = headerBlocks([
      ':authority',
      `${target.host}:${target.port}`,
      'accept',
      'application/json',
      'authorization',
      `Bearer ${token}`,
    ]);
    const requests = numbers.map((number, index) => {
      const streamId = 2 * index + 1;
      this.watches.set(streamId, { number, isOpen: false, partial: NOTHING });
      const path = Buffer.from(watchPath(number), 'latin1');
      // RFC 9113 §8.3: pseudo-headers first, so the path comes before all that is shared.
      const block = [
        Buffer.of(PATH_LITERAL, path.byteLength),
        path,
        index === 0 ? blocks.first : blocks.later,
      ];
      return frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, streamId, Buffer.concat(block));
    });
    socket.write(Buffer.concat(requests));
  }

  close(): void {
    this.socket?.close();
  }

  private onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    switch (type) {
      case FRAME.headers:
        return this.onHeaders(flags, streamId, payload);
      case FRAME.data:
        return this.onData(flags, streamId, payload);
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0) this.socket?.write(frame(FRAME.settings, FLAG.ack, 0, NOTHING));
        return;
      case FRAME.ping:
        if ((flags & FLAG.ack) === 0)
          this.socket?.write(frame(FRAME.ping, FLAG.ack, 0, Buffer.from(payload)));
        return;
      case FRAME.windowUpdate:
        return;
      default:
        throw new Error(`the server sent a frame of type ${type}`);
    }
  }

  private onHeaders(flags: number, streamId: number, payload: Buffer): void {
    const watch = this.watch(streamId);
    // After a change of the table's size (RFC 7541 §6.3), the status comes first: RFC 9113 §8.3.
    let at = 0;
    while (at < payload.byteLength && (payload.readUInt8(at) & 0xe0) === 0x20) at += 1;
    if (payload[at] !== STATUS_200 || (flags & FLAG.endStream) !== 0)
      throw new Error('a watch was not answered with status 200');
    watch.isOpen = true;
    this.events.onOpen();
  }

  private onData(flags: number, streamId: number, payload: Buffer): void {
    const watch = this.watch(streamId);
    if ((flags & (FLAG.endStream | FLAG.padded)) !== 0) throw new Error('a watch ended, or was padded');
    let bytes = watch.partial.byteLength === 0 ? payload : Buffer.concat([watch.partial, payload]);
    for (; bytes.byteLength >= EVENT_BYTES; bytes = bytes.subarray(EVENT_BYTES)) {
      const event = decodeEvent(bytes.subarray(0, EVENT_BYTES));
      if (event.watch !== watch.number) throw new Error("a watch got another one's event");
      this.events.onEvent(event);
    }
    watch.partial = bytes.byteLength === 0 ? NOTHING : Buffer.from(bytes);
  }

  private watch(streamId: number): Watch {
    const watch = this.watches.get(streamId);
    if (watch === undefined) throw new Error('the server answered what was not asked');
    return watch;
  }
}
