// The light HTTP/2 client: TLS sockets, prebuilt header blocks, and of RFC 9113 what two well-behaved servers need.
// node:http2 as client would cost more CPU for each request than the gateway that it is to measure.
import { FrameReader } from './frame-reader.ts';
import { clientPreface, CONNECTION_WINDOW_BYTES, FLAG, FRAME, frame, windowUpdate } from './frame-writer.ts';
import { headerBlocks } from './hpack-request.ts';
import type { HeaderBlocks } from './hpack-request.ts';
import type { LoadClient, LoadSpec } from './load-client.ts';
import { RoundMeter } from './round-meter.ts';
import { openTlsSocket } from './tls-socket.ts';
import type { LoadSocket } from './tls-socket.ts';

// RFC 7541 appendix A, entry 8.
const STATUS_200 = 0x80 | 8;
/** Stands for every status but 200: which one it is would take a whole decoder. */
const OTHER_STATUS = 0;

interface Loop {
  readonly sentMs: number;
  readonly body: Buffer[] | undefined;
  status: number;
  bytes: number;
}

export function createHttp2Client(spec: LoadSpec): LoadClient {
  const meter = new RoundMeter(spec.expectedBody);
  const blocks = headerBlocks([
    ':authority',
    `${spec.host}:${spec.port}`,
    ':path',
    spec.path,
    ...spec.headers,
  ]);
  let connections: Http2Connection[] = [];
  return {
    open: async () => {
      connections = await Promise.all(
        Array.from({ length: spec.connections }, async () => {
          const connection = new Http2Connection(blocks, meter);
          await connection.open(spec);
          return connection;
        }),
      );
    },
    run: (durationMs) =>
      meter.run(durationMs, () => {
        for (const connection of connections) connection.begin(spec.streams);
      }),
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

class Http2Connection {
  private readonly blocks: HeaderBlocks;
  private readonly meter: RoundMeter;
  private readonly loops = new Map<number, Loop>();
  private socket: LoadSocket | undefined = undefined;
  private nextStreamId = 1;
  private unacknowledgedBytes = 0;
  /** Written together once all that was received is read. */
  private outgoing: Buffer[] = [];

  constructor(blocks: HeaderBlocks, meter: RoundMeter) {
    this.blocks = blocks;
    this.meter = meter;
  }

  async open(spec: LoadSpec): Promise<void> {
    const settings = Promise.withResolvers<void>();
    const reader = new FrameReader((type, flags, streamId, payload) => {
      if (type === FRAME.settings) settings.resolve();
      this.onFrame(type, flags, streamId, payload);
    });
    this.socket = await openTlsSocket(spec, 'h2', {
      onBytes: (bytes) => {
        reader.push(bytes);
        this.flush();
      },
      onFailure: (error) => {
        settings.reject(error);
        this.meter.fail(error);
      },
    });
    this.outgoing.push(clientPreface());
    this.flush();
    await settings.promise;
  }

  begin(streams: number): void {
    for (let count = 0; count < streams; count += 1) this.send();
    this.flush();
  }

  close(): void {
    this.socket?.close();
  }

  private send(): void {
    const streamId = this.nextStreamId;
    this.nextStreamId += 2;
    const body = this.meter.request() ? [] : undefined;
    this.loops.set(streamId, { sentMs: performance.now(), body, status: OTHER_STATUS, bytes: 0 });
    const block = streamId === 1 ? this.blocks.first : this.blocks.later;
    this.outgoing.push(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, streamId, block));
  }

  private flush(): void {
    if (this.outgoing.length === 0) return;
    this.socket?.write(Buffer.concat(this.outgoing));
    this.outgoing = [];
  }

  private onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    switch (type) {
      case FRAME.headers:
        return this.onHeaders(flags, streamId, payload);
      case FRAME.data:
        return this.onData(flags, streamId, payload);
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0) this.outgoing.push(frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)));
        return;
      case FRAME.ping:
        if ((flags & FLAG.ack) === 0)
          this.outgoing.push(frame(FRAME.ping, FLAG.ack, 0, Buffer.from(payload)));
        return;
      case FRAME.windowUpdate:
        return;
      default:
        throw new Error(`the server sent a frame of type ${type}`);
    }
  }

  private onHeaders(flags: number, streamId: number, payload: Buffer): void {
    if ((flags & FLAG.endHeaders) === 0 || (flags & (FLAG.padded | FLAG.priority)) !== 0) {
      throw new Error('the head of an answer is split or padded');
    }
    const loop = this.loop(streamId);
    // After a change of the table's size (RFC 7541 §6.3), the status comes first: RFC 9113 §8.3.
    let at = 0;
    while (at < payload.byteLength && (payload.readUInt8(at) & 0xe0) === 0x20) at += 1;
    if (payload[at] === STATUS_200) loop.status = 200;
    if ((flags & FLAG.endStream) !== 0) this.finish(streamId, loop);
  }

  private onData(flags: number, streamId: number, payload: Buffer): void {
    if ((flags & FLAG.padded) !== 0) throw new Error('the body of an answer is padded');
    const loop = this.loop(streamId);
    loop.bytes += payload.byteLength;
    loop.body?.push(Buffer.from(payload));
    this.unacknowledgedBytes += payload.byteLength;
    if (this.unacknowledgedBytes > CONNECTION_WINDOW_BYTES / 2) {
      this.outgoing.push(windowUpdate(this.unacknowledgedBytes));
      this.unacknowledgedBytes = 0;
    }
    if ((flags & FLAG.endStream) !== 0) this.finish(streamId, loop);
  }

  private finish(streamId: number, { sentMs, status, bytes, body }: Loop): void {
    this.loops.delete(streamId);
    if (this.meter.answer(sentMs, status, bytes, body)) this.send();
  }

  private loop(streamId: number): Loop {
    const loop = this.loops.get(streamId);
    if (loop === undefined) throw new Error('the server answered what was not asked');
    return loop;
  }
}
