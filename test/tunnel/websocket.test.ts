// W1 to W8 of the security facts: hand-built WebSocket frames against both ends, over real sockets.
import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, dialTunnel, Session } from '../../tunnel/index.ts';
import type { Transport, TunnelLimits } from '../../tunnel/index.ts';
import { raw } from '../support/raw-frames.ts';
import { OPCODE, rawClient, rawServer, SUBPROTOCOL_HEADER } from '../support/raw-websocket.ts';
import type { FrameShape, RawWebSocket } from '../support/raw-websocket.ts';
import { emptyLog, recording } from '../support/session-pair.ts';
import type { EndLog } from '../support/session-pair.ts';
import { dial, tunnelEndpoint, websocketPair } from '../support/websocket-pair.ts';
import { sendMessage } from '../support/send-message.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

interface Attack {
  readonly attacker: RawWebSocket;
  readonly log: EndLog;
  readonly session: Session;
  /** Resolves when the session has been told its end. */
  readonly ended: Promise<void>;
  /** Frames of a client are masked, those of a server are not. */
  readonly masked: boolean;
}

async function attack(victim: 'gateway' | 'agent', limits: TunnelLimits = DEFAULT_LIMITS): Promise<Attack> {
  const log = emptyLog();
  let tell: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const begin = (transport: Transport): Session => {
    const handler = recording(log);
    const onClose = handler.onClose?.bind(handler);
    return new Session(
      transport,
      {
        ...handler,
        onClose: (error) => {
          onClose?.(error);
          tell();
        },
      },
      { role: victim },
    );
  };
  if (victim === 'gateway') {
    const server = await tunnelEndpoint(limits);
    closing.push(server.close);
    const attacker = await rawClient(server.port);
    await attacker.head();
    return { attacker, log, session: begin(await server.accepted()), ended, masked: true };
  }
  const server = await rawServer();
  closing.push(server.close);
  const [transport, attacker] = await Promise.all([dial(server.url, limits), server.next]);
  return { attacker, log, session: begin(transport), ended, masked: false };
}

describe.each(['gateway', 'agent'] as const)('against the %s', (victim) => {
  const forbidden: [string, FrameShape, number][] = [
    [
      'W1: a message over the limit',
      { opcode: 2, payload: Buffer.alloc(DEFAULT_LIMITS.MAX_MESSAGE_BYTES + 1) },
      1009,
    ],
    ['W1: a length of 1 TiB', { opcode: 2, claimedLength: 1n << 40n }, 1009],
    ['W6: a 64-bit length with its highest bit', { opcode: 2, claimedLength: 1n << 63n }, 1009],
    ['W6: a 64-bit length of all ones', { opcode: 2, claimedLength: (1n << 64n) - 1n }, 1009],
    ['W6: RSV1, as if compressed', { opcode: 2, rsv: 4, payload: 'x' }, 1002],
    ['W6: RSV2', { opcode: 2, rsv: 2, payload: 'x' }, 1002],
    ['W6: RSV3', { opcode: 2, rsv: 1, payload: 'x' }, 1002],
    ['W6: opcode 3', { opcode: 3, payload: 'x' }, 1002],
    ['W6: opcode 15', { opcode: 15, payload: 'x' }, 1002],
    ['W6: a ping of 126 bytes', { opcode: OPCODE.PING, payload: Buffer.alloc(126) }, 1002],
    ['W6: a close of 126 bytes', { opcode: OPCODE.CLOSE, payload: Buffer.alloc(126) }, 1002],
    ['W6: a close of one byte', { opcode: OPCODE.CLOSE, payload: 'x' }, 1002],
    ['W6: a close with a forbidden code', { opcode: OPCODE.CLOSE, payload: Buffer.of(3, 237) }, 1002],
    ['W6: a ping in fragments', { opcode: OPCODE.PING, fin: false }, 1002],
    ['W6: a continuation of nothing', { opcode: OPCODE.CONTINUATION, payload: 'x' }, 1002],
    ['W7: text', { opcode: OPCODE.TEXT, payload: 'x' }, 4008],
    ['W7: text that is not UTF-8', { opcode: OPCODE.TEXT, payload: Buffer.of(0xff, 0xfe) }, 4008],
  ];

  test.each(forbidden)('%s is answered with a close code', async (_what, shape, code) => {
    const { attacker, ended, log, masked } = await attack(victim);
    attacker.send({ ...shape, masked });
    expect(await attacker.closeCode()).toBe(code);
    attacker.socket.end();
    await ended;
    expect(log.closes).toHaveLength(1);
    expect(log.ready).toBe(0);
  });

  test('W2: a frame with the masking of the other side => 1002', async () => {
    const { attacker, ended, log, masked } = await attack(victim);
    attacker.send({ opcode: OPCODE.BINARY, payload: raw.hello(), masked: !masked });
    expect(await attacker.closeCode()).toBe(1002);
    attacker.socket.end();
    await ended;
    expect(log.ready).toBe(0);
  });

  test('W3: a flood of fragments ends at the second one', async () => {
    const { attacker, ended, masked } = await attack(victim);
    attacker.send({ opcode: OPCODE.BINARY, fin: false, masked });
    for (let count = 0; count < 1000; count += 1)
      attacker.send({ opcode: OPCODE.CONTINUATION, fin: false, masked });
    expect(await attacker.closeCode()).toBe(1008);
    attacker.socket.end();
    await ended;
  });

  test('W4: a deflate bomb is not inflated', async () => {
    const { attacker, ended, masked, session } = await attack(victim);
    attacker.send({ opcode: OPCODE.BINARY, rsv: 4, payload: Buffer.alloc(1000, 0x55), masked });
    expect(await attacker.closeCode()).toBe(1002);
    attacker.socket.end();
    await ended;
    expect(session.counters.receivedBytes).toBe(0);
  });

  test('W5: a flood of pings from a peer that does not read is cut off, and little is queued for it', async () => {
    const { attacker, log, masked, ended } = await attack(victim);
    attacker.socket.pause();
    for (let count = 0; count < 5000; count += 1) {
      attacker.send({ opcode: OPCODE.PING, payload: Buffer.alloc(125), masked });
    }
    await ended;
    attacker.socket.resume();
    let pongs = 0;
    for (;;) {
      const { opcode } = await attacker.frame();
      if (opcode === OPCODE.CLOSE) break;
      if (opcode === OPCODE.PONG) pongs += 1;
    }
    expect(pongs).toBeLessThanOrEqual(DEFAULT_LIMITS.MAX_WEBSOCKET_PINGS);
    expect(log.closes.map((error) => error?.goAwayCode)).toEqual(['FLOOD']);
  });

  test('W8: a peer that vanishes without a close ends the session with TRANSPORT_LOST', async () => {
    const { attacker, ended, log } = await attack(victim);
    attacker.socket.resetAndDestroy();
    await ended;
    expect(log.closes.map((error) => error?.goAwayCode)).toEqual(['TRANSPORT_LOST']);
  });

  test('W8: a peer that never answers a close is cut off', async () => {
    const { attacker, session } = await attack(victim, { ...DEFAULT_LIMITS, CLOSE_TIMEOUT_MS: 50 });
    session.close('stop');
    expect(await attacker.closeCode()).toBe(1000);
    await attacker.gone();
  });
});

test('a WebSocket that dies before anybody listens is told to who listens later', async () => {
  const pair = await websocketPair();
  closing.push(pair.close);
  const died = new Promise<void>((resolve) => {
    pair.agent.listen({ ...NOBODY, onClose: () => resolve() });
  });
  pair.gateway.terminate();
  await died;
  const code = await new Promise<number>((resolve) => {
    setImmediate(() => pair.gateway.listen({ ...NOBODY, onClose: resolve }));
  });
  expect(code).toBe(1006);
});

test('what came together with the upgrade waits for who listens', async () => {
  const pair = await websocketPair();
  closing.push(pair.close);
  pair.agent.listen(NOBODY);
  for (let count = 0; count < 100; count += 1) sendMessage(pair.agent, Buffer.from(`message ${count}`));
  const got: string[] = [];
  await new Promise<void>((resolve) => {
    pair.gateway.listen({
      ...NOBODY,
      onMessage: (message) => {
        got.push(message.toString());
        if (got.length === 100) resolve();
      },
    });
  });
  expect(got[99]).toBe('message 99');
});

describe('dialTunnel', () => {
  const options = { headers: {}, signal: new AbortController().signal, handshakeTimeoutMs: 5000 };

  test('answers with the refusal of a gateway, its Retry-After and the beginning of its body', async () => {
    const body = 'x'.repeat(10_000);
    const server = await rawServer(
      SUBPROTOCOL_HEADER,
      () => `HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    closing.push(server.close);
    const answer = await dialTunnel({ ...options, url: server.url });
    expect(answer).toEqual({ status: 503, retryAfterSeconds: 7, body: 'x'.repeat(4096) });
  });

  test.each(['-5', 'soon', ''])('takes a Retry-After of "%s" for none', async (value) => {
    const server = await rawServer(
      SUBPROTOCOL_HEADER,
      () => `HTTP/1.1 401 No\r\nRetry-After: ${value}\r\nContent-Length: 0\r\n\r\n`,
    );
    closing.push(server.close);
    expect(await dialTunnel({ ...options, url: server.url })).toEqual({
      status: 401,
      retryAfterSeconds: 0,
      body: '',
    });
  });

  test('U2: does not follow a redirect', async () => {
    const server = await rawServer(
      SUBPROTOCOL_HEADER,
      () => 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
    );
    closing.push(server.close);
    expect(await dialTunnel({ ...options, url: server.url })).toMatchObject({ status: 302 });
  });

  test('T6: gives up a gateway that dribbles its answer for longer than the handshake may take', async () => {
    const server = await rawServer(SUBPROTOCOL_HEADER, () => 'HTTP/1.1 101 Switching');
    closing.push(server.close);
    const dialled = dialTunnel({ ...options, url: server.url, handshakeTimeoutMs: 100 });
    const { socket } = await server.next;
    const dribble = setInterval(() => socket.write('x'), 10);
    try {
      await expect(dialled).rejects.toThrow(/in time/);
    } finally {
      clearInterval(dribble);
    }
  });

  test.each(['before', 'during'])('is given up by its signal %s the dial', async (when) => {
    const server = await rawServer(SUBPROTOCOL_HEADER, () => 'HTTP/1.1 101 Switching');
    closing.push(server.close);
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const dialled = dialTunnel({ ...options, url: server.url, signal: controller.signal });
    if (when === 'during') void server.next.then(() => controller.abort());
    await expect(dialled).rejects.toThrow(/given up/);
  });
});

const NOBODY = {
  onMessage: () => undefined,
  onViolation: () => undefined,
  onSent: () => undefined,
  onClose: () => undefined,
};
