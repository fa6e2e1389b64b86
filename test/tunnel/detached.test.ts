// What waits keeps its own memory, not that of the message which brought it.
import { expect, test } from 'vitest';
import { detached } from '../../tunnel/index.ts';
import { raw } from '../support/raw-frames.ts';
import { rawPeer } from '../support/raw-peer.ts';
import { openLogged } from '../support/session-pair.ts';

test.each([
  ['one byte of a message', 1, 65_536, 1],
  ['just under a quarter of it', 16_383, 65_536, 16_383],
  ['a quarter of it, which is not worth a copy', 16_384, 65_536, 65_536],
  ['all of it', 65_536, 65_536, 65_536],
])('T5: %s', (_name, bytes, messageBytes, kept) => {
  const message = Buffer.allocUnsafeSlow(messageBytes).fill('x');
  const chunk = detached(message.subarray(0, bytes));
  expect(chunk.toString()).toBe('x'.repeat(bytes));
  expect(chunk.buffer.byteLength).toBe(kept);
});

test('T5: a queue of small pieces of large buffers does not keep the buffers', async () => {
  const peer = await rawPeer('gateway', { hello: false });
  await peer.say(raw.hello(1, 1024));
  const { stream } = openLogged(peer.session);
  if (stream === undefined) throw new Error('no stream');
  for (let count = 0; count < 300; count += 1)
    stream.write(Buffer.allocUnsafeSlow(65_536).fill(count).subarray(0, 1));
  let kept = 0;
  let pieces = 0;
  for (let piece = stream.peek(); piece !== undefined; piece = stream.peek()) {
    expect(piece[0]).toBe(pieces % 256);
    kept += piece.buffer.byteLength;
    pieces += 1;
    stream.advance(1);
  }
  expect(pieces).toBe(300);
  expect(kept).toBeLessThan(10 * 65_536);
});
