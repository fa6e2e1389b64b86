// Port-forwards against the stand-in, whole and wrong.
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createPattern, patternAt } from '../../../bench/apiserver/index.ts';
import {
  acceptValue,
  FORWARD_SUBPROTOCOL,
  frameHeader,
  PatternSink,
  UPLOAD_RIGHT,
} from '../../../bench/apiserver/streams/index.ts';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { runForward } from '../../../bench/stream-load/index.ts';
import { TEST_TLS } from '../load/stand-in.ts';
import { startTestStreams, targetOf } from './stand-in.ts';

/** Not a whole number of messages. */
const BYTES = 3_000_001;
const standIn = await startTestStreams();
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Takes the upgrade, and sends what `answer` says. */
async function startServer(answer: (socket: Duplex) => void): Promise<number> {
  server = createServer({ cert: TEST_TLS.cert, key: TEST_TLS.key });
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'] ?? '';
    socket.on('error', () => undefined);
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
        `sec-websocket-accept: ${acceptValue(key)}\r\nsec-websocket-protocol: ${FORWARD_SUBPROTOCOL}\r\n\r\n`,
    );
    answer(socket);
  });
  return listenOnFreePort(server);
}

const message = (payload: Buffer): Buffer =>
  Buffer.concat([frameHeader('server', payload.byteLength), payload]);

describe('a port-forward', () => {
  it.each(['down', 'up'] as const)('carries every byte %s', async (direction) => {
    const spec = { ...targetOf(standIn.port), token: 'user-token', direction, bytes: BYTES };
    const round = await runForward(spec);
    expect(round.isRight).toBe(true);
    expect(round.elapsedMs).toBeGreaterThan(0);
  });

  it.each([
    ['right', 0],
    ['wrong where one byte is', 1],
  ])('is %s', async (_, change) => {
    const pattern = createPattern();
    const port = await startServer((socket) => {
      for (let position = 0; position < 100; position += 10) {
        const piece = Buffer.from(patternAt(pattern, position, 10));
        if (position === 50) piece[3] = (piece[3] ?? 0) ^ change;
        socket.write(message(piece));
      }
    });
    const round = await runForward({ ...targetOf(port), token: 't', direction: 'down', bytes: 100 });
    expect(round.isRight).toBe(change === 0);
  });

  it.each([
    ['right', UPLOAD_RIGHT, true],
    ['wrong', 'wrong', false],
  ])('is a %s upload when the stand-in says so', async (_, verdict, isRight) => {
    const port = await startServer((socket) => {
      socket.once('data', () => socket.write(message(Buffer.from(verdict))));
    });
    const round = await runForward({ ...targetOf(port), token: 't', direction: 'up', bytes: 100 });
    expect(round.isRight).toBe(isRight);
  });
});

describe('what takes the pattern in', () => {
  it('refuses more bytes than were asked for', () => {
    const pattern = createPattern();
    const sink = new PatternSink(pattern, 10, () => undefined);
    expect(() => sink.onPiece(patternAt(pattern, 0, 11))).toThrow('more bytes than were asked for');
  });
});
