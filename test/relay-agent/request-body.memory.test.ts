// What a request's body keeps in memory on its way to the apiserver.
import { expect, test } from 'vitest';
import { RequestBody } from '../../relay-agent/request-body.ts';
import { openLogged, sessionPair } from '../support/session-pair.ts';
import { settle } from '../support/memory-transport.ts';

test('T5: one byte of each full message keeps one byte', async () => {
  const pair = sessionPair();
  await settle();
  const { stream } = openLogged(pair.gateway);
  if (stream === undefined) throw new Error('no stream');
  const body = new RequestBody(stream);
  const message = Buffer.allocUnsafeSlow(65_536).fill('x');
  body.accept(message.subarray(0, 1));
  const piece: unknown = body.read();
  expect(Buffer.isBuffer(piece) && [piece.toString(), piece.buffer.byteLength]).toEqual(['x', 1]);
  body.destroy();
});
