// WebSocket frames built by hand over a TCP socket, as a client or as a hostile server (RFC 6455 §5.2).
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { addressOf } from './websocket-pair.ts';

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export interface FrameShape {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Default true. */
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly rsv?: number;
  readonly masked?: boolean;
  /** What the header says instead of the payload's true length; always written with 64 bits. */
  readonly claimedLength?: bigint;
}

export function websocketFrame(shape: FrameShape): Buffer {
  const payload = Buffer.from(shape.payload ?? '');
  const maskBit = shape.masked === true ? 0x80 : 0;
  const first = ((shape.fin ?? true) ? 0x80 : 0) | ((shape.rsv ?? 0) << 4) | shape.opcode;
  const mask = shape.masked === true ? Buffer.of(0xa1, 0xb2, 0xc3, 0xd4) : Buffer.alloc(0);
  const body = Buffer.from(payload);
  if (shape.masked === true)
    for (let at = 0; at < body.byteLength; at += 1) body[at] = (body[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([
    Buffer.of(first),
    lengthBytes(payload.byteLength, maskBit, shape.claimedLength),
    mask,
    body,
  ]);
}

function lengthBytes(bytes: number, maskBit: number, claimed: bigint | undefined): Buffer {
  if (claimed === undefined && bytes < 126) return Buffer.of(maskBit | bytes);
  if (claimed === undefined && bytes < 65_536) return Buffer.of(maskBit | 126, bytes >> 8, bytes & 0xff);
  const long = Buffer.alloc(9);
  long.writeUInt8(maskBit | 127, 0);
  long.writeBigUInt64BE(claimed ?? BigInt(bytes), 1);
  return long;
}

/** One TCP connection that speaks WebSocket frames by hand. */
export class RawWebSocket {
  readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  /** The HTTP head of the other side, without the blank line. */
  async head(): Promise<string> {
    const end = await this.until(() => {
      const at = this.received.indexOf('\r\n\r\n');
      return at < 0 ? undefined : at;
    });
    const head = this.received.subarray(0, end).toString('latin1');
    this.received = this.received.subarray(end + 4);
    return head;
  }

  send(shape: FrameShape): void {
    this.socket.write(websocketFrame(shape));
  }

  /** The next frame; a frame of the WebSocket, not of the tunnel. */
  async frame(): Promise<{ opcode: number; masked: boolean; rsv: number; payload: Buffer }> {
    return this.until(() => this.parse());
  }

  /** The code of the CLOSE frame, whatever comes before it. */
  async closeCode(): Promise<number> {
    for (;;) {
      const { opcode, payload } = await this.frame();
      if (opcode === OPCODE.CLOSE) return payload.byteLength >= 2 ? payload.readUInt16BE(0) : 1005;
    }
  }

  /** The TCP connection is gone. */
  async gone(): Promise<void> {
    this.socket.resume();
    await this.until(() => (this.ended ? true : undefined), true);
  }

  private parse(): { opcode: number; masked: boolean; rsv: number; payload: Buffer } | undefined {
    const bytes = this.received;
    if (bytes.byteLength < 2) return undefined;
    const first = bytes.readUInt8(0);
    const second = bytes.readUInt8(1);
    let at = 2;
    let length = second & 0x7f;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (bytes.byteLength < at + extended) return undefined;
    if (extended === 2) length = bytes.readUInt16BE(2);
    if (extended === 8) length = Number(bytes.readBigUInt64BE(2));
    at += extended;
    const masked = (second & 0x80) !== 0;
    const mask = masked ? bytes.subarray(at, at + 4) : Buffer.alloc(4);
    at += masked ? 4 : 0;
    if (bytes.byteLength < at + length) return undefined;
    const payload = Buffer.from(bytes.subarray(at, at + length));
    for (let index = 0; index < length; index += 1)
      payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
    this.received = bytes.subarray(at + length);
    return { opcode: first & 0x0f, masked, rsv: (first >> 4) & 7, payload };
  }

  private async until<Result>(look: () => Result | undefined, evenAtEnd = false): Promise<Result> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.ended && !evenAtEnd) throw new Error('the connection ended');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

/** Upgrades by hand; the answer's head is left to the caller to read. */
export async function rawClient(
  port: number,
  headers: readonly string[] = SUBPROTOCOL_HEADER,
): Promise<RawWebSocket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.write(
    [
      'GET /tunnel HTTP/1.1',
      'Host: gateway',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
      '\r\n',
    ].join('\r\n'),
  );
  return new RawWebSocket(socket);
}

export const SUBPROTOCOL_HEADER: readonly string[] = ['Sec-WebSocket-Protocol: cluster-connect.v1'];

export interface RawServer {
  readonly url: string;
  /** The first connection, upgraded. */
  readonly next: Promise<RawWebSocket>;
  /** The head of its request. */
  readonly requestHead: () => string;
  readonly close: () => Promise<void>;
}

/** A server that upgrades everybody and then is the test's puppet. */
export async function rawServer(
  headers: readonly string[] = SUBPROTOCOL_HEADER,
  answer: (key: string) => string = (key) => upgradeAnswer(key, headers),
): Promise<RawServer> {
  let requestHead = '';
  const server = createServer();
  const next = new Promise<RawWebSocket>((resolve) => {
    server.once('connection', (socket) => {
      const websocket = new RawWebSocket(socket);
      void websocket.head().then((head) => {
        requestHead = head;
        socket.write(answer(/sec-websocket-key: (.*)/i.exec(head)?.[1]?.trim() ?? ''));
        resolve(websocket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${addressOf(server.address()).port}/tunnel`,
    next,
    requestHead: () => requestHead,
    close: async () => {
      void next.then((websocket) => websocket.socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function upgradeAnswer(key: string, headers: readonly string[]): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${accept}`,
    ...headers,
    '\r\n',
  ].join('\r\n');
}
