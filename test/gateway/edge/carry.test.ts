// What a carry hands to a client's connection.
import { expect, test, vi } from 'vitest';
import { Carry } from '../../../gateway/edge/carry.ts';
import { encodeAnswerHead } from '../../../http/index.ts';
import { exchangeDouble } from '../../support/exchange-double.ts';
import { verifiedToken } from '../../support/verified-token.ts';

test.each([
  ['the message is passed on as it is to a client that reads', false, 65_536],
  ['a client that does not read keeps no more than its bytes', true, 1],
])('T5: one byte of a full message: %s', (_name, isBehind, keptBytes) => {
  const written: Buffer[] = [];
  const exchange = exchangeDouble({ isBehind, write: (chunk) => written.push(chunk) > 0 });
  const carry = new Carry({
    exchange,
    hasBody: false,
    upgrade: '',
    pathPrefix: '',
    requestId: 'r1',
    onUnanswered: () => undefined,
    token: verifiedToken(),
    onTokenEnd: () => undefined,
    onDone: () => undefined,
  });
  carry.onHead(encodeAnswerHead({ status: 200, headers: [] }));
  carry.onData(Buffer.allocUnsafeSlow(65_536).fill('x').subarray(7, 8));
  expect(written.map(String)).toEqual(['x']);
  expect(written[0]?.buffer.byteLength).toBe(keptBytes);
});

test('a session that ended, and then broke off for the client too, was answered', () => {
  const onDone = vi.fn();
  const carry = new Carry({
    exchange: exchangeDouble({ isUpgrade: true }),
    hasBody: false,
    upgrade: 'websocket',
    pathPrefix: '',
    requestId: 'r1',
    onUnanswered: () => undefined,
    token: verifiedToken(),
    onTokenEnd: () => undefined,
    onDone,
  });
  carry.onHead(encodeAnswerHead({ status: 101, headers: ['connection', 'Upgrade', 'upgrade', 'websocket'] }));
  carry.onEnd();
  carry.onReset('SESSION_LOST');
  expect(onDone.mock.calls).toEqual([['answered', 101]]);
});
