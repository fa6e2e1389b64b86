import { describe, expect, it } from 'vitest';
import { statusBody, switchedProtocol } from '../../http/index.ts';
import type { StatusOptions } from '../../http/index.ts';
import { OPCODE, websocketFrame } from '../support/raw-websocket.ts';

const WHY: StatusOptions = {
  code: 502,
  reason: 'InternalError',
  message: 'the tunnel broke',
  hop: 'tunnel',
  requestId: 'r-1',
};
const TEXT = 'the tunnel broke (tunnel, request id r-1)';

const binary = (...bytes: number[]) => websocketFrame({ opcode: OPCODE.BINARY, payload: Buffer.from(bytes) });
const close = (code: number, reason = '') =>
  websocketFrame({
    opcode: OPCODE.CLOSE,
    payload: Buffer.from([code >> 8, code & 0xff, ...Buffer.from(reason)]),
  });

const STATUS_AND_CLOSE = Buffer.concat([
  websocketFrame({ opcode: OPCODE.BINARY, payload: Buffer.concat([Buffer.of(3), statusBody(WHY)]) }),
  close(1000),
]);
const CLOSE_ALONE = close(1011, TEXT);
const NOTHING = Buffer.alloc(0);
const POD = '/api/v1/namespaces/a/pods/b';

function websocket(subprotocol: string, ...sent: readonly Buffer[]) {
  return websocketAt(`${POD}/exec?command=sh`, subprotocol, ...sent);
}

function websocketAt(target: string, subprotocol: string, ...sent: readonly Buffer[]) {
  const headers = ['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-protocol', subprotocol];
  const protocol = switchedProtocol(target, headers);
  for (const chunk of sent) protocol?.follow(chunk);
  return protocol;
}

describe('a WebSocket session that breaks off', () => {
  it.each([
    ['v5, before anything', 'v5.channel.k8s.io', [], STATUS_AND_CLOSE],
    ['v5, after output', 'v5.channel.k8s.io', [binary(1, 65, 66)], STATUS_AND_CLOSE],
    ['v4, after output', 'v4.channel.k8s.io', [binary(1, 65), binary(2, 66)], STATUS_AND_CLOSE],
    ['within a header', 'v5.channel.k8s.io', [binary(1, 65).subarray(0, 1)], NOTHING],
    ['within a payload', 'v5.channel.k8s.io', [binary(1, 65, 66, 67).subarray(0, 4)], NOTHING],
    ['after the result', 'v5.channel.k8s.io', [binary(3, 123)], CLOSE_ALONE],
    [
      'between fragments',
      'v5.channel.k8s.io',
      [websocketFrame({ opcode: OPCODE.BINARY, payload: 'a', fin: false })],
      CLOSE_ALONE,
    ],
    [
      'after a compressed message',
      'v5.channel.k8s.io',
      [websocketFrame({ opcode: OPCODE.BINARY, payload: 'a', rsv: 4 })],
      CLOSE_ALONE,
    ],
    ['after a Close', 'v5.channel.k8s.io', [close(1000)], NOTHING],
    ['port-forward', 'SPDY/3.1+portforward.k8s.io', [binary(1, 2)], CLOSE_ALONE],
    ['channels in base64', 'base64.channel.k8s.io', [binary(49)], CLOSE_ALONE],
    ['no subprotocol', '', [], CLOSE_ALONE],
  ])('%s: says what fits there', (_name, subprotocol, sent, expected) => {
    expect(
      websocket(subprotocol, ...sent)
        ?.farewell(WHY)
        .toString('latin1'),
    ).toBe(expected.toString('latin1'));
  });

  it.each([
    [`${POD}/exec?command=sh`, STATUS_AND_CLOSE, true],
    [`${POD}/attach`, STATUS_AND_CLOSE, true],
    [`/clusters/c${POD}/exec?command=sh`, STATUS_AND_CLOSE, true],
    // Channel 3 is what goes wrong with the second port.
    [`${POD}/portforward?ports=80,81`, CLOSE_ALONE, false],
    [`${POD}/portforward?x=/pods/b/exec`, CLOSE_ALONE, false],
    ['/api/v1/namespaces/a/services/b/proxy/exec', CLOSE_ALONE, false],
  ])('in v4, to %s: a Status where one is awaited', (target, expected, isCutShort) => {
    const protocol = websocketAt(target, 'v4.channel.k8s.io', binary(1, 65));
    expect(protocol?.farewell(WHY).equals(expected)).toBe(true);
    expect(protocol?.isCutShort).toBe(isCutShort);
  });

  it('keeps the reason of a Close within 123 bytes', () => {
    const farewell = websocket('')?.farewell({ ...WHY, message: 'x'.repeat(500) });
    expect(farewell?.byteLength).toBe(127);
    expect(farewell?.[1]).toBe(125);
  });

  it.each([
    ['exec without a Close', 'v5.channel.k8s.io', [binary(1, 65)], true],
    ['exec with a Status but no Close', 'v5.channel.k8s.io', [binary(3, 65)], true],
    ['exec with a Close', 'v5.channel.k8s.io', [binary(3, 65), close(1000)], false],
    ['what is not exec', '', [binary(1)], false],
  ])('an end is cut short or not: %s', (_name, subprotocol, sent, expected) => {
    expect(websocket(subprotocol, ...sent)?.isCutShort).toBe(expected);
  });
});

const control = (type: number, payload: Buffer) =>
  Buffer.concat([Buffer.of(0x80, 3, 0, type, 0, 0, 0, payload.byteLength), payload]);
const reply = (streamId: number) => control(2, Buffer.of(0, 0, 0, streamId, 9, 9, 9));
const data = (streamId: number, text: string) =>
  Buffer.concat([Buffer.of(0, 0, 0, streamId, 0, 0, 0, text.length), Buffer.from(text)]);
const PING = control(6, Buffer.of(0, 0, 0, 1));
const BODY = statusBody(WHY);
const RESULT = Buffer.concat([
  Buffer.of(0, 0, 0, 1, 1, 0, BODY.byteLength >> 8, BODY.byteLength & 0xff),
  BODY,
]);

function spdy(...sent: readonly Buffer[]) {
  const headers = ['upgrade', 'SPDY/3.1', 'x-stream-protocol-version', 'v4.channel.k8s.io'];
  const protocol = switchedProtocol(`${POD}/exec?command=sh`, headers);
  for (const chunk of sent) protocol?.follow(chunk);
  return protocol;
}

describe('exec over SPDY that breaks off', () => {
  it.each([
    ['after output', [reply(1), reply(3), PING, data(3, 'out')], RESULT, true],
    ['before its streams are open', [reply(3), data(3, 'out')], NOTHING, false],
    ['within a header', [reply(1), data(3, 'out').subarray(0, 7)], NOTHING, true],
    ['within a payload', [reply(1), data(3, 'out').subarray(0, 9)], NOTHING, true],
    ['after its result', [reply(1), data(1, '{}')], NOTHING, false],
    ['after an empty end of the error stream', [reply(1), data(1, '')], NOTHING, false],
  ])('%s', (_name, sent, expected, isCutShort) => {
    const whole = spdy(...sent);
    const dribbled = spdy(...sent.flatMap((chunk) => [...chunk].map((byte) => Buffer.of(byte))));
    for (const protocol of [whole, dribbled]) {
      expect(protocol?.farewell(WHY).toString('latin1')).toBe(expected.toString('latin1'));
      expect(protocol?.isCutShort).toBe(isCutShort);
    }
  });

  it.each(['portforward.k8s.io', 'v3.channel.k8s.io', ''])('nothing is said in %j', (version) => {
    const headers = ['upgrade', 'SPDY/3.1', 'x-stream-protocol-version', version];
    expect(switchedProtocol(`${POD}/exec`, headers)).toBeUndefined();
  });
});
