// Frames in any split of the bytes, and what is refused.
import { describe, expect, it } from 'vitest';
import { acceptValue, frameHeader, WebsocketReader } from '../../../../bench/apiserver/streams/index.ts';
import type { FrameSide } from '../../../../bench/apiserver/streams/index.ts';

function messagesOf(from: FrameSide, chunks: readonly Buffer[]): Buffer[] {
  const messages: Buffer[] = [];
  let pieces: Buffer[] = [];
  let announced = 0;
  const reader = new WebsocketReader(from, {
    onMessage: (bytes) => {
      announced = bytes;
      pieces = [];
    },
    onPiece: (piece) => pieces.push(Buffer.from(piece)),
    onMessageEnd: () => {
      const message = Buffer.concat(pieces);
      expect(message.byteLength).toBe(announced);
      messages.push(message);
    },
  });
  for (const chunk of chunks) reader.push(chunk);
  return messages;
}

const PAYLOADS = [1, 2, 125, 126, 40_000, 65_535].map((bytes) => Buffer.alloc(bytes, bytes));

describe.each(['client', 'server'] as const)('messages of a %s', (from) => {
  const wire = Buffer.concat(PAYLOADS.flatMap((payload) => [frameHeader(from, payload.byteLength), payload]));

  it.each([1, 3, 7, 1000, wire.byteLength])('are read in pieces of %i bytes', (size) => {
    const chunks = Array.from({ length: Math.ceil(wire.byteLength / size) }, (_, index) =>
      wire.subarray(index * size, (index + 1) * size),
    );
    expect(messagesOf(from, chunks)).toEqual(PAYLOADS);
  });
});

describe('the reader', () => {
  it.each([
    ['text', 'client', Buffer.of(0x81, 0x81, 0, 0, 0, 0, 1)],
    ['a fragment', 'client', Buffer.of(0x02, 0x81, 0, 0, 0, 0, 1)],
    ['a client that does not mask', 'client', Buffer.of(0x82, 0x01, 1)],
    ['a client that masks with more than zeros', 'client', Buffer.of(0x82, 0x81, 0, 0, 0, 1, 1)],
    ['a server that masks', 'server', Buffer.of(0x82, 0x81, 0, 0, 0, 0, 1)],
    ['a length of 64 bits', 'server', Buffer.of(0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0)],
    ['an empty message', 'server', Buffer.of(0x82, 0)],
    ['a close', 'server', Buffer.of(0x88, 0)],
  ] as const)('refuses %s', (_, from, bytes) => {
    expect(() => messagesOf(from, [bytes])).toThrow(Error);
  });
});

it('answers a handshake as RFC 6455 §1.3 has it', () => {
  expect(acceptValue('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});
