// An apiserver that a test plays frame by frame: HTTP/2 over TLS on a port of this machine.
import { once } from 'node:events';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { FLAG, FRAME, FrameReader, HpackDecoder, PREFACE } from '../../http/index.ts';
import type { FrameSink, HeaderList } from '../../http/index.ts';
import { boundPort } from '../../observe/index.ts';
import { h2 } from './http2-frames.ts';
import type { PeerFrame } from './http2-frames.ts';
import { testIdentity } from './test-authority.ts';

const LIMIT = 64 * 1024;

export interface PeerRequest {
  readonly id: number;
  readonly headers: HeaderList;
  readonly endStream: boolean;
}

export class PeerConnection implements FrameSink {
  readonly socket: TLSSocket;
  /** What has come and was not asked for yet. */
  readonly heard: PeerFrame[] = [];
  private readonly reader = new FrameReader(this, LIMIT);
  private readonly decoder = new HpackDecoder(LIMIT);
  private prefaceLeft = PREFACE.byteLength;
  private data: Buffer[] = [];
  private onNews: () => void = () => undefined;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => this.onNews());
    socket.on('data', (chunk: Buffer) => {
      const preface = Math.min(this.prefaceLeft, chunk.byteLength);
      this.prefaceLeft -= preface;
      this.reader.push(chunk.subarray(preface));
    });
  }

  say(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The next frame of this type that nobody asked for; others stay. @throws when the connection ends without one */
  async next(type: number): Promise<PeerFrame> {
    for (;;) {
      const at = this.heard.findIndex((frame) => frame.type === type);
      const [frame] = at < 0 ? [] : this.heard.splice(at, 1);
      if (frame !== undefined) return frame;
      if (this.socket.destroyed) throw new Error(`closed without a frame of type ${type}`);
      await new Promise<void>((resolve) => {
        this.onNews = resolve;
      });
    }
  }

  /** The next request. Every head is decoded, in order, as the tables want it. */
  async request(): Promise<PeerRequest> {
    const { flags, streamId, payload } = await this.next(FRAME.HEADERS);
    const headers = this.decoder.decode(payload) ?? [];
    return { id: streamId, headers, endStream: (flags & FLAG.END_STREAM) !== 0 };
  }

  /** The other end has read all that was said, and all that it wrote before is here. */
  async caughtUp(): Promise<void> {
    this.say(h2.ping());
    let answered = false;
    while (!answered) answered = ((await this.next(FRAME.PING)).flags & FLAG.ACK) !== 0;
  }

  async closed(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, 'close');
  }

  onDataFrame(): void {
    this.data = [];
  }

  onData(_streamId: number, piece: Buffer): void {
    this.data.push(Buffer.from(piece));
  }

  onDataEnd(streamId: number, endStream: boolean): void {
    this.hear({
      type: FRAME.DATA,
      flags: endStream ? FLAG.END_STREAM : 0,
      streamId,
      payload: Buffer.concat(this.data),
    });
  }

  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.hear({ type, flags, streamId, payload: Buffer.from(payload) });
  }

  private hear(frame: PeerFrame): void {
    this.heard.push(frame);
    this.onNews();
  }
}

export interface Http2Peer {
  readonly port: number;
  /** The next connection that was made. */
  connection(): Promise<PeerConnection>;
  close(): Promise<void>;
}

/** @param protocols that it takes, by ALPN */
export async function startHttp2Peer(protocols: readonly string[] = ['h2']): Promise<Http2Peer> {
  const identity = testIdentity();
  const accepted: PeerConnection[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { cert: identity.certificatePem, key: identity.privateKeyPem, ALPNProtocols: [...protocols] },
    (socket) => {
      sockets.add(socket);
      accepted.push(new PeerConnection(socket));
      server.emit('accepted');
    },
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: boundPort(server),
    connection: async () => {
      if (accepted.length === 0) await once(server, 'accepted');
      const [connection] = accepted.splice(0, 1);
      if (connection === undefined) throw new Error('two waited for one connection');
      return connection;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
