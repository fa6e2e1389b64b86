// A stream between its token and the apiserver's word on --as: what may happen to it meanwhile.
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { impersonationHeaders } from '../../auth/index.ts';
import type { TokenVerifier, UserInfo, VerifiedToken } from '../../auth/index.ts';
import { encodeRequestHead } from '../../http/index.ts';
import type { RequestHead } from '../../http/index.ts';
import { silentLogger } from '../../observe/index.ts';
import { AGENT_LIMITS } from '../../relay-agent/limits.ts';
import { createStreamServer } from '../../relay-agent/serve-stream.ts';
import type { StreamServer } from '../../relay-agent/serve-stream.ts';
import { fakeTimers } from '../support/fake-timers.ts';
import { sessionPair, StreamLog } from '../support/session-pair.ts';
import type { SessionPair } from '../support/session-pair.ts';
import { verifiedToken } from '../support/verified-token.ts';
import { upstreamDouble } from './upstream-double.ts';
import type { Dispatched } from './upstream-double.ts';

const CLUSTER_ID = '0b6f5ad2-54a3-4d3c-9a20-4f4a3f5d8c11';
const TOKEN_LIVES_MS = 5000;
const WINDOW_BYTES = 64 * 1024;
const ALLOWED = JSON.stringify({ kind: 'SubjectAccessReview', status: { allowed: true } });
const AS = ['impersonate-user', 'carol'];

let pair: SessionPair;
let server: StreamServer;
let seen: Dispatched[];

beforeEach(async () => {
  fakeTimers();
  seen = [];
  server = createStreamServer({
    clusterId: CLUSTER_ID,
    verifier: goodFor(TOKEN_LIVES_MS),
    upstream: upstreamDouble((dispatched) => seen.push(dispatched)),
    serviceAccount: { authorization: () => 'Bearer agent', close: () => undefined },
    logger: silentLogger,
  });
  pair = sessionPair({
    onStream: (stream, head) => server.serve(stream, head),
    agentLimits: { INITIAL_WINDOW_BYTES: WINDOW_BYTES },
  });
  await settled();
});
afterEach(() => {
  server.close();
  pair.gateway.close('the test is over');
  vi.useRealTimers();
});

function goodFor(ms: number): TokenVerifier {
  const user: UserInfo = { name: 'bob', uid: '', groups: [], extra: {} };
  const impersonation = impersonationHeaders(user);
  const verified = verifiedToken({ objectId: 'bob', expiresAtMs: Date.now() + ms, user, impersonation });
  return { cached: () => verified, verify: async () => verified, close: async () => undefined };
}

/** Messages take a turn of the event loop each; a body of many chunks takes some. */
async function settled(): Promise<void> {
  for (let i = 0; i < 200; i += 1) await setImmediate();
}

async function opened(head: Partial<RequestHead>): Promise<StreamLog> {
  const log = new StreamLog();
  const headers = ['authorization', 'Bearer a.b.c', ...(head.headers ?? [])];
  const whole = {
    method: 'POST',
    target: '/api/v1/x',
    bodyLength: 0,
    upgrade: '',
    requestId: 'id-1',
  } as const;
  log.stream = pair.gateway.open(encodeRequestHead({ ...whole, ...head, headers }), log);
  await settled();
  return log;
}

const targets = (): string[] => seen.map(({ target }) => target);
const REVIEW = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

describe('while the apiserver is asked whether the user may act as another one', () => {
  it('nothing else has gone out, and then everything goes', async () => {
    await opened({ headers: AS });
    expect(targets()).toEqual([REVIEW]);
    seen[0]?.answer(201, ALLOWED);
    await settled();
    expect(targets()).toEqual([REVIEW, '/api/v1/x']);
  });

  it('U7: the token expires: the stream is reset, and a yes comes too late', async () => {
    const log = await opened({ headers: AS });
    await vi.advanceTimersByTimeAsync(TOKEN_LIVES_MS + 2000);
    await settled();
    expect(log.resets).toEqual(['EXPIRED']);
    expect(server.activeStreams).toBe(0);
    seen[0]?.answer(201, ALLOWED);
    await settled();
    expect(targets()).toEqual([REVIEW]);
  });

  it.each(['the client', 'the tunnel'])('%s goes away: a yes comes too late', async (who) => {
    const log = await opened({ headers: AS });
    if (who === 'the client') log.stream?.reset('CANCEL');
    else pair.gatewayEnd.terminate();
    await settled();
    expect(server.activeStreams).toBe(0);
    seen[0]?.answer(201, ALLOWED);
    await settled();
    expect(targets()).toEqual([REVIEW]);
  });

  it('the apiserver says nothing: the client is told when the time is over', async () => {
    server.close();
    server = createStreamServer({
      clusterId: CLUSTER_ID,
      verifier: goodFor(10 * AGENT_LIMITS.REVIEW_TIMEOUT_MS),
      upstream: upstreamDouble((dispatched) => seen.push(dispatched)),
      serviceAccount: { authorization: () => 'Bearer agent', close: () => undefined },
      logger: silentLogger,
    });
    const log = await opened({ headers: AS });
    await vi.advanceTimersByTimeAsync(AGENT_LIMITS.REVIEW_TIMEOUT_MS);
    await settled();
    expect(log.text).toContain('CC_ERR_AGENT_REVIEW_TIMEOUT');
    expect(server.activeStreams).toBe(0);
    expect(targets()).toEqual([REVIEW]);
  });

  it('a body waits within its window, and is whole afterwards', async () => {
    const body = Buffer.alloc(3 * WINDOW_BYTES, 'x');
    const log = await opened({ headers: AS, bodyLength: body.byteLength });
    for (let at = 0; at < body.byteLength; at += 4096) log.stream?.write(body.subarray(at, at + 4096));
    log.stream?.end();
    await settled();
    expect(log.stream?.queuedBytes).toBeGreaterThanOrEqual(body.byteLength - WINDOW_BYTES);
    seen[0]?.answer(201, ALLOWED);
    await settled();
    const sent = seen[1]?.body;
    if (sent === null || sent === undefined || Buffer.isBuffer(sent)) throw new Error('no stream of a body');
    let bytes = 0;
    for await (const chunk of sent) if (Buffer.isBuffer(chunk)) bytes += chunk.byteLength;
    expect(bytes).toBe(body.byteLength);
  });
});

describe('a short body', () => {
  it.each([
    ['at once', []],
    ['after a review', AS],
  ])('in more pieces than the window has room for goes out whole, %s', async (_, headers) => {
    const body = Buffer.from('0123456789'.repeat(60));
    const log = await opened({ headers, bodyLength: body.byteLength });
    for (const byte of body) {
      log.stream?.write(Buffer.of(byte));
      await setImmediate();
    }
    log.stream?.end();
    await settled();
    if (headers.length > 0) seen[0]?.answer(201, ALLOWED);
    await settled();
    await settled();
    expect(seen.at(-1)?.target).toBe('/api/v1/x');
    expect(seen.at(-1)?.body).toEqual(body);
  });
});

describe('a token that proves possession', () => {
  const startWith = (verified: VerifiedToken): void => {
    server.close();
    server = createStreamServer({
      clusterId: CLUSTER_ID,
      verifier: { cached: () => verified, verify: async () => verified, close: async () => undefined },
      upstream: upstreamDouble((dispatched) => seen.push(dispatched)),
      serviceAccount: { authorization: () => 'Bearer agent', close: () => undefined },
      logger: silentLogger,
    });
  };
  const pop = (url: string, digest: string): VerifiedToken =>
    verifiedToken({
      expiresAtMs: Date.now() + 60_000,
      pop: { url, nonce: 'n', thumbprint: 'k', digest, usableUntilMs: Infinity },
    });

  it('goes out when it is for this cluster, as often as it comes', async () => {
    startWith(pop(CLUSTER_ID, 'one'));
    await opened({});
    await opened({});
    expect(targets()).toEqual(['/api/v1/x', '/api/v1/x']);
  });

  it('J14: one for another cluster is refused, though the gateway let it pass', async () => {
    startWith(pop('another', 'one'));
    expect((await opened({})).text).toContain('CC_ERR_AUTH_POP_CLUSTER');
    expect(targets()).toEqual([]);
  });
});

it('U7: a stream may outlive its token by the grace that was set, and no longer', async () => {
  server.close();
  server = createStreamServer({
    clusterId: CLUSTER_ID,
    verifier: goodFor(TOKEN_LIVES_MS),
    upstream: upstreamDouble((dispatched) => seen.push(dispatched)),
    serviceAccount: { authorization: () => 'Bearer agent', close: () => undefined },
    logger: silentLogger,
    tokenGraceMs: 60_000,
  });
  const log = await opened({});
  await vi.advanceTimersByTimeAsync(TOKEN_LIVES_MS + 59_000);
  await settled();
  expect(log.resets).toEqual([]);
  await vi.advanceTimersByTimeAsync(3000);
  await settled();
  expect(log.resets).toEqual(['EXPIRED']);
});
