// What the end of a connection whose last running answer broke off must not take with it.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Exchange } from '../../../gateway/edge/exchange.ts';
import { HELD_BYTES, startHeldLink, talkOn } from '../../support/held-link.ts';
import type { HeldLink } from '../../support/held-link.ts';
import { testAuthority } from '../../support/test-authority.ts';

const WHY = {
  code: 502,
  reason: 'InternalError',
  message: 'broke',
  hop: 'tunnel',
  requestId: 'r-1',
} as const;

let link: HeldLink;
let exchanges: Map<string, Exchange>;
let session: ClientHttp2Session;

beforeEach(async () => {
  exchanges = new Map();
  link = await startHeldLink((exchange) => {
    exchanges.set(exchange.target, exchange);
    exchange.respond(200, []);
    exchange.write(Buffer.from('first'));
  });
  session = connectHttp2(`https://localhost:${link.port}`, {
    ca: testAuthority().certificatePem,
    maxOutstandingPings: 1000,
    settings: { initialWindowSize: 4 * HELD_BYTES },
  });
  session.on('error', () => undefined);
  await once(session, 'connect');
  session.setLocalWindowSize(4 * HELD_BYTES);
});

afterEach(async () => {
  session.destroy();
  await link.close();
});

function talk(): void {
  if (!session.destroyed) session.ping(() => undefined);
}

async function startRequest(path: string) {
  const stream = session.request({ ':path': path });
  let bytes = 0;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
  });
  await expect.poll(() => bytes).toBe(5);
  return { stream, bytes: () => bytes };
}

test('an answer before it that is whole, and still on its way to a slow client', async () => {
  const whole = await startRequest('/whole');
  await startRequest('/broken');
  const closed = new Promise((resolve) => session.once('close', resolve));
  const reasons: string[] = [];
  session.on('goaway', (_code: number, _last: number, data?: Buffer) => reasons.push(String(data ?? '')));
  link.hold();
  exchanges.get('/whole')?.write(Buffer.alloc(HELD_BYTES, 'x'));
  exchanges.get('/whole')?.end(false);
  // All of it is with the operating system.
  await expect.poll(() => link.listener.openExchanges).toBe(1);
  exchanges.get('/broken')?.abort(WHY);
  await expect.poll(() => link.listener.openExchanges).toBe(0);
  await talkOn(talk);
  link.deliver();
  await closed;
  expect(whole.bytes()).toBe(5 + HELD_BYTES);
  expect(whole.stream.readableEnded).toBe(true);
  expect(reasons[0]).toBe('broke (tunnel, request id r-1)');
});

test('nothing: a client that does not close its side is not waited for', async () => {
  await startRequest('/broken');
  link.hold('discard');
  exchanges.get('/broken')?.abort(WHY);
  const isCut = (): boolean => {
    talk();
    return link.isCut;
  };
  await expect.poll(isCut, { timeout: 10_000 }).toBe(true);
});
