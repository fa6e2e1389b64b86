// SPEC §2: what is a frame and what is malformed, at both ends.
import { describe, expect, test } from 'vitest';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import { frame, raw, TYPE, u32 } from '../support/raw-frames.ts';

const ROLES = ['gateway', 'agent'] as const;

describe.each(ROLES)('at the %s', (role) => {
  test('2.1 a header is type, flags, length and stream id, big-endian', async () => {
    const peer = await rawPeer(role);
    const [hello] = peer.messages;
    expect(hello?.subarray(0, 16).toString('hex')).toBe('01000010000000000000200000010000');
    await peer.say(Buffer.from('08000008000000000102030405060708', 'hex'));
    expect(peer.messages.at(-1)?.toString('hex')).toBe('09000008000000000102030405060708');
  });

  test.each([
    ['a flag', frame(TYPE.PING, 0, '12345678', 1)],
    ['the highest flag', frame(TYPE.PING, 0, '12345678', 0x80)],
    ['type 0', frame(0, 0)],
    ['an unknown type', frame(11, 0)],
    ['the highest type', frame(255, 1)],
    ['a header that is cut short', raw.ping().subarray(0, 7)],
    ['a payload that is cut short', raw.ping().subarray(0, 15)],
    ['a payload that goes on in the next message', raw.data(1, 'x'.repeat(100)).subarray(0, 50)],
    ['bytes behind the last frame', Buffer.concat([raw.ping(), Buffer.of(0)])],
  ])('2.2 %s ends the session with PROTOCOL_ERROR', async (_what, bytes) => {
    const peer = await rawPeer(role);
    await peer.say(bytes);
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('2.2 nothing behind a malformed frame is read', async () => {
    const peer = await rawPeer(role);
    peer.heard();
    await peer.say(raw.ping('aaaaaaaa'), frame(99, 0), raw.ping('bbbbbbbb'));
    await peer.say(raw.ping('cccccccc'));
    expect(peer.heard('PONG').map((pong) => pong.payload.toString())).toEqual(['aaaaaaaa']);
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('2.3 GOAWAY carries a code, a delay and a reason in UTF-8', async () => {
    const peer = await rawPeer(role);
    await peer.say(raw.goAway(0, 1234, 'bis später'));
    expect(peer.log.goAways).toEqual([{ delayMs: 1234, reason: 'bis später' }]);
  });

  test('2.3 a GOAWAY whose reason is not UTF-8 ends the session with PROTOCOL_ERROR', async () => {
    const peer = await rawPeer(role);
    await peer.say(raw.goAway(0, 0, Buffer.of(0xc3, 0x28)));
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('2.3 a CREDIT of zero bytes ends the session with PROTOCOL_ERROR', async () => {
    const peer = await rawPeer(role);
    await peer.say(raw.credit(1, 0));
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test.each([
    ['HELLO of 15 bytes', frame(TYPE.HELLO, 0, Buffer.alloc(15))],
    ['HELLO of 17 bytes', frame(TYPE.HELLO, 0, Buffer.alloc(17))],
    ['an empty OPEN', frame(TYPE.OPEN, 1)],
    ['an empty HEAD', frame(TYPE.HEAD, 1)],
    ['an empty DATA', frame(TYPE.DATA, 1)],
    ['END with a byte', frame(TYPE.END, 1, 'x')],
    ['RESET of 3 bytes', frame(TYPE.RESET, 1, 'xxx')],
    ['RESET of 5 bytes', frame(TYPE.RESET, 1, 'xxxxx')],
    ['CREDIT of 8 bytes', frame(TYPE.CREDIT, 1, u32(1, 1))],
    ['PING of 7 bytes', frame(TYPE.PING, 0, '1234567')],
    ['PONG of 9 bytes', frame(TYPE.PONG, 0, '123456789')],
    ['GOAWAY of 7 bytes', frame(TYPE.GOAWAY, 0, '1234567')],
    ['GOAWAY with a reason of 257 bytes', raw.goAway(0, 0, 'x'.repeat(257))],
  ])('2.4 %s ends the session with FRAME_SIZE_ERROR', async (_what, bytes) => {
    const peer = await rawPeer(role);
    await peer.say(bytes);
    expectEnd(peer, 2, 'FRAME_SIZE_ERROR');
  });

  test.each([
    ['HELLO on stream 1', frame(TYPE.HELLO, 1, u32(1, 65_536, 0, 0))],
    ['PING on stream 1', frame(TYPE.PING, 1, '12345678')],
    ['PONG on stream 1', frame(TYPE.PONG, 1, '12345678')],
    ['GOAWAY on stream 1', frame(TYPE.GOAWAY, 1, u32(0, 0))],
    ['OPEN on stream 0', raw.open(0)],
    ['HEAD on stream 0', raw.head(0)],
    ['DATA on stream 0', raw.data(0, 'x')],
    ['END on stream 0', raw.end(0)],
    ['RESET on stream 0', raw.reset(0, 1)],
    ['CREDIT on stream 0', raw.credit(0, 1)],
  ])('2.5 %s ends the session with PROTOCOL_ERROR', async (_what, bytes) => {
    const peer = await rawPeer(role);
    await peer.say(bytes);
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });
});
