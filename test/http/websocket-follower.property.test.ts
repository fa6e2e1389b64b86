import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebsocketFollower } from '../../http/websocket-follower.ts';
import { OPCODE, websocketFrame } from '../support/raw-websocket.ts';
import type { FrameShape } from '../support/raw-websocket.ts';

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.integer({ min: 120, max: 70_000 }).map((length) => new Uint8Array(length).fill(1)),
);
const masked = fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0);

const control: fc.Arbitrary<FrameShape> = fc.record({
  opcode: fc.constantFrom(OPCODE.PING, OPCODE.PONG),
  payload: fc.uint8Array({ maxLength: 125 }),
  masked,
});

/** A message in one frame or more, with control frames between them. */
const message: fc.Arbitrary<FrameShape[]> = fc
  .tuple(fc.array(fc.tuple(payload, masked), { minLength: 1, maxLength: 4 }), fc.option(control))
  .map(([pieces, between]) =>
    pieces.flatMap(([bytes, isMasked], index): FrameShape[] => {
      const last = index === pieces.length - 1;
      const opcode = index === 0 ? OPCODE.BINARY : OPCODE.CONTINUATION;
      const frame = { opcode, payload: bytes, fin: last, masked: isMasked };
      return last || between === null ? [frame] : [frame, between];
    }),
  );

const session = fc
  .tuple(
    fc.array(
      fc.oneof(
        message,
        control.map((frame) => [frame]),
      ),
      { maxLength: 8 },
    ),
    fc.boolean(),
  )
  .map(([messages, closes]) => [...messages.flat(), ...(closes ? [{ opcode: OPCODE.CLOSE }] : [])]);

/** What is so after the first `cut` bytes, said by somebody who knows the frames. */
function expectedAfter(frames: readonly FrameShape[], cut: number) {
  let at = 0;
  let inMessage = false;
  let isClosing = false;
  let isOpaque = false;
  let isBetweenFrames = true;
  for (const frame of frames) {
    const { byteLength } = websocketFrame(frame);
    if (cut <= at) break;
    if (frame.opcode === OPCODE.CLOSE) isClosing = true;
    if (frame.opcode < OPCODE.CLOSE) inMessage = frame.fin === false;
    if (frame.masked === true && cut >= at + 2) isOpaque = true;
    isBetweenFrames = cut >= at + byteLength;
    at += byteLength;
  }
  isBetweenFrames &&= !isClosing;
  return { isBetweenFrames, isBetweenMessages: isBetweenFrames && !inMessage, isClosing, isOpaque };
}

function firstBytes(frames: readonly FrameShape[]): Set<number> {
  const found = new Set<number>();
  let isDue = false;
  for (const { opcode, payload: bytes } of frames) {
    if (opcode === OPCODE.BINARY) isDue = true;
    if (!isDue || opcode >= OPCODE.CLOSE || bytes === undefined || bytes.length === 0) continue;
    found.add(Buffer.from(bytes)[0] ?? -1);
    isDue = false;
  }
  return found;
}

describe('a follower of WebSocket frames', () => {
  it('knows after any split of any prefix what the frames say', () => {
    fc.assert(
      fc.property(
        session,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (frames, parts, atFrames) => {
          const bytes = Buffer.concat(frames.map(websocketFrame));
          const ends = frames.map((_, index) =>
            frames.slice(0, index + 1).reduce((sum, frame) => sum + websocketFrame(frame).byteLength, 0),
          );
          // Half of the time only where frames end: else that is rare.
          const cuts = parts
            .map((part) =>
              atFrames ? (ends[Math.floor(part * ends.length)] ?? 0) : Math.floor(part * bytes.byteLength),
            )
            .toSorted((one, other) => one - other);
          const follower = new WebsocketFollower();
          let at = 0;
          for (const cut of cuts) {
            follower.follow(bytes.subarray(at, cut));
            at = cut;
            const { isBetweenFrames, isBetweenMessages, isClosing, isOpaque } = follower;
            expect({ isBetweenFrames, isBetweenMessages, isClosing, isOpaque }).toEqual(
              expectedAfter(frames, cut),
            );
          }
        },
      ),
    );
  });

  it('has seen the first byte of each message, however the bytes came', () => {
    fc.assert(
      fc.property(session, fc.integer({ min: 1, max: 4000 }), (frames, step) => {
        const bytes = Buffer.concat(frames.map(websocketFrame));
        const follower = new WebsocketFollower();
        for (let at = 0; at < bytes.byteLength; at += step) follower.follow(bytes.subarray(at, at + step));
        if (follower.isOpaque) return;
        expect(follower.channels).toEqual(firstBytes(frames));
      }),
    );
  });

  it('does not stumble over random bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const follower = new WebsocketFollower();
        for (const chunk of chunks) follower.follow(Buffer.from(chunk));
        expect(follower.isBetweenMessages && !follower.isBetweenFrames).toBe(false);
      }),
    );
  });
});
