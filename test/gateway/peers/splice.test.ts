// Two windows in a row: what a reader does not take is not buffered in between, and what it takes later is all of it.
import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { StreamHandler, TunnelStream } from '../../../tunnel/index.ts';
import { startPeerWorld } from '../../support/peer-world.ts';
import { StreamLog } from '../../support/session-pair.ts';
import { until } from '../../support/until.ts';

const TOTAL_BYTES = 16 * 1024 * 1024;
const CHUNK = randomBytes(64 * 1024);
/** Two first windows, the queues of both gateways and of the writer, and what windows grew by until the reader stopped. */
const MOST_BYTES_HELD = 4 * 1024 * 1024;

/** Writes until it has written all, as fast as it may. */
function pour(stream: TunnelStream): { readonly handler: StreamHandler; written: () => number } {
  let written = 0;
  const go = (): void => {
    while (written < TOTAL_BYTES) {
      written += CHUNK.byteLength;
      if (!stream.write(CHUNK)) return;
    }
    stream.end();
  };
  const handler: StreamHandler = {
    onData: () => undefined,
    onEnd: () => undefined,
    onReset: () => undefined,
    onDrain: go,
  };
  setImmediate(go);
  return { handler, written: () => written };
}

/** Resolves when nothing has been written for a while. */
async function untilStopped(written: () => number): Promise<number> {
  let last = -1;
  await vi.waitUntil(
    () => {
      const same = written() === last;
      last = written();
      return same && last > 0;
    },
    { interval: 100, timeout: 10_000 },
  );
  return last;
}

it('an answer that nobody reads stops at its writer, and comes whole when it is read', async () => {
  let poured: ReturnType<typeof pour> | undefined;
  await using world = await startPeerWorld({
    onStream: (stream, head) => {
      stream.sendHead(head);
      poured = pour(stream);
      return poured.handler;
    },
  });
  const log = world.open(new StreamLog({ consumes: false }));
  await until(() => poured !== undefined && poured.written() > 0);
  expect(await untilStopped(() => poured?.written() ?? 0)).toBeLessThan(MOST_BYTES_HELD);
  // Somebody else's stream is not held up by it.
  const other = world.open(new StreamLog(), 'other');
  await until(() => other.bytes > 0);
  other.stream?.reset('CANCEL');
  let consumed = 0;
  await vi.waitUntil(
    () => {
      log.stream?.consume(log.bytes - consumed);
      consumed = log.bytes;
      return log.ends > 0;
    },
    { interval: 1, timeout: 10_000 },
  );
  expect(log.bytes).toBe(TOTAL_BYTES);
});

it('a body that the agent does not read stops at the asker, and arrives whole when it is read', async () => {
  let atAgent: TunnelStream | undefined;
  let received = 0;
  let consumed = 0;
  let ends = 0;
  await using world = await startPeerWorld({
    onStream: (stream, head) => {
      stream.sendHead(head);
      atAgent = stream;
      return {
        onData: (chunk) => (received += chunk.byteLength),
        onEnd: () => (ends += 1),
        onReset: () => undefined,
      };
    },
  });
  const log = new StreamLog();
  world.open(log);
  if (log.stream === undefined) throw new Error('not opened');
  const poured = pour(log.stream);
  log.onDrain = () => poured.handler.onDrain?.();
  expect(await untilStopped(poured.written)).toBeLessThan(MOST_BYTES_HELD);
  await vi.waitUntil(
    () => {
      atAgent?.consume(received - consumed);
      consumed = received;
      return ends > 0;
    },
    { interval: 1, timeout: 10_000 },
  );
  expect(received).toBe(TOTAL_BYTES);
});

it('an answer may end while the request goes on, and the other way round', async () => {
  const heard: string[] = [];
  let atAgent: TunnelStream | undefined;
  await using world = await startPeerWorld({
    onStream: (stream, head) => {
      atAgent = stream;
      stream.sendHead(head);
      if (head.toString() === 'answer first') stream.end();
      return {
        onData: (chunk) => {
          heard.push(chunk.toString());
          stream.consume(chunk.byteLength);
        },
        onEnd: () => heard.push('end'),
        onReset: (code) => heard.push(code),
      };
    },
  });
  const first = world.open(new StreamLog(), 'answer first');
  await until(() => first.ends > 0);
  first.stream?.write(Buffer.from('still'));
  first.stream?.end();
  await until(() => heard.includes('end'));
  const second = world.open(new StreamLog(), 'request first');
  second.stream?.end();
  await until(() => heard.filter((one) => one === 'end').length === 2);
  atAgent?.write(Buffer.from('late'));
  atAgent?.end();
  await until(() => second.ends > 0);
  expect(second.text).toBe('late');
  expect(heard).toEqual(['still', 'end', 'end']);
  await until(() => world.endpoint.openStreams === 0);
});
