import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_CONCURRENT_STREAMS, MAX_WATCHERS } from '../../../demo/apiserver/limits.ts';
import { listAt, numberAt, textAt } from '../../../demo/apiserver/json.ts';
import { CORE, configMap, pod, startTestServer } from './support.ts';
import type { TestServer, WatchEvent } from './support.ts';

const MAPS = `${CORE}/configmaps`;

async function take(events: AsyncGenerator<WatchEvent>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(`${type} ${textAt(object, 'metadata', 'name') || textAt(object, 'reason')}`);
    if (seen.length >= count) break;
  }
  return seen;
}

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('a watch over %s', (_, allowH2) => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer({}, allowH2);
  });
  afterAll(() => standin.close());

  const version = async (): Promise<string> => {
    const { json } = await standin.call('GET', MAPS);
    return textAt(json, 'metadata', 'resourceVersion');
  };

  it('tells what is added, modified and deleted, each at once and in order', async () => {
    const from = await version();
    const seen = take(standin.watch(`${MAPS}?watch=1&resourceVersion=${from}&labelSelector=w%3D1`), 3);
    await standin.call('POST', MAPS, { body: configMap('w', {}, { w: '1' }) });
    await standin.call('PUT', `${MAPS}/w`, { body: configMap('w', { a: '1' }, { w: '1' }) });
    await standin.call('DELETE', `${MAPS}/w`);
    expect(await seen).toEqual(['ADDED w', 'MODIFIED w', 'DELETED w']);
  });

  it('shows an object that starts or stops matching as added or deleted', async () => {
    const from = await version();
    const seen = take(standin.watch(`${MAPS}?watch=1&resourceVersion=${from}&labelSelector=on%3Dyes`), 2);
    await standin.call('POST', MAPS, { body: configMap('turned') });
    await standin.call('PUT', `${MAPS}/turned`, { body: configMap('turned', {}, { on: 'yes' }) });
    await standin.call('PUT', `${MAPS}/turned`, { body: configMap('turned', {}, { on: 'no' }) });
    expect(await seen).toEqual(['ADDED turned', 'DELETED turned']);
  });

  it('replays what happened after a version, and begins with what exists without one', async () => {
    const from = await version();
    await standin.call('POST', MAPS, { body: configMap('replayed', {}, { r: '1' }) });
    await standin.call('DELETE', `${MAPS}/replayed`);
    await standin.call('POST', MAPS, { body: configMap('there', {}, { r: '1' }) });
    const after = take(standin.watch(`${MAPS}?watch=1&resourceVersion=${from}&labelSelector=r`), 3);
    expect(await after).toEqual(['ADDED replayed', 'DELETED replayed', 'ADDED there']);
    expect(await take(standin.watch(`${MAPS}?watch=1&labelSelector=r`), 1)).toEqual(['ADDED there']);
  });

  it('sends the initial events and the bookmark that ends them (KEP-3157)', async () => {
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events: WatchEvent[] = [];
    for await (const event of standin.watch(`/api/v1/nodes?${query}`)) {
      events.push(event);
      if (event.type === 'BOOKMARK') break;
    }
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(textAt(events[1]?.object, 'metadata', 'annotations', 'k8s.io/initial-events-end')).toBe('true');
  });

  it('ends after timeoutSeconds, cleanly', async () => {
    const { status, text } = await standin.call('GET', `${MAPS}?watch=1&timeoutSeconds=1&labelSelector=none`);
    expect([status, text]).toEqual([200, '']);
  });

  it('answers a version that is too old with an ERROR event of code 410', async () => {
    for await (const { type, object } of standin.watch(`${MAPS}?watch=1&resourceVersion=1`)) {
      expect([type, numberAt(object, 'code'), textAt(object, 'reason')]).toEqual(['ERROR', 410, 'Expired']);
    }
  });

  it('sends table rows to a client that prints them, the columns once', async () => {
    const headers = ['accept', 'application/json;as=Table;v=v1;g=meta.k8s.io'];
    const counts: number[] = [];
    const path = `${CORE}/pods?watch=1&fieldSelector=metadata.name%3Drow`;
    const watching = (async () => {
      for await (const { object } of standin.watch(path, { headers })) {
        counts.push(listAt(object, 'columnDefinitions').length);
        if (counts.length === 2) return;
      }
    })();
    await standin.call('POST', `${CORE}/pods`, { body: pod('row') });
    await watching;
    expect(counts).toEqual([9, 0]);
  });
});

describe('the limits of watches', () => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer();
  });
  afterAll(() => standin.close());

  function rawWatch(query: string): Promise<TLSSocket> {
    const { port, caPem, adminToken } = standin.server;
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca: caPem, ALPNProtocols: ['http/1.1'] }, () => {
        socket.write(
          `GET ${MAPS}?watch=1&${query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminToken}\r\n\r\n`,
        );
      });
      socket.once('error', reject);
      socket.once('data', () => resolve(socket));
    });
  }

  it('drops a watcher that does not read, and serves the others on', async () => {
    const slow = await rawWatch('labelSelector=big');
    slow.pause();
    const dropped = new Promise<void>((resolve) => {
      slow.once('close', () => resolve());
      slow.once('error', () => resolve());
    });
    await standin.call('POST', MAPS, { body: configMap('big', {}, { big: '1' }) });
    const filler = 'x'.repeat(1_000_000);
    for (let round = 0; round < 16; round += 1) {
      await standin.call('PUT', `${MAPS}/big`, {
        body: configMap('big', { filler: `${round}${filler}` }, { big: '1' }),
      });
    }
    slow.resume();
    await dropped;
    expect(await take(standin.watch(`${MAPS}?watch=1&labelSelector=big`), 1)).toEqual(['ADDED big']);
  });

  it('answers 429 when too many watch at once, and 200 again when they have gone', async () => {
    const { url, caPem, adminToken } = standin.server;
    const headers = { ':path': `${MAPS}?watch=1&labelSelector=none`, authorization: `Bearer ${adminToken}` };
    const sessions = Array.from({ length: MAX_WATCHERS / MAX_CONCURRENT_STREAMS }, () =>
      connectHttp2(url, { ca: caPem }),
    );
    await Promise.all(
      sessions.flatMap((session) =>
        Array.from({ length: MAX_CONCURRENT_STREAMS }, () => once(session.request(headers), 'response')),
      ),
    );
    const refused = await standin.call('GET', `${MAPS}?watch=1`);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    for (const session of sessions) session.destroy();
    const path = `${MAPS}?watch=1&timeoutSeconds=1&labelSelector=none`;
    const again = async (): Promise<number> => (await standin.call('GET', path)).status;
    await expect.poll(again, { timeout: 10_000 }).toBe(200);
  });
});
