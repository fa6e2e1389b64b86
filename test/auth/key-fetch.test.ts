import { createServer } from 'node:https';
import type { Server, ServerResponse } from 'node:http';
import { createServer as createProxy } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createKeyFetch } from '../../auth/key-fetch.ts';
import type { KeyFetch } from '../../auth/key-fetch.ts';
import { createAuthority } from '../../gateway/pki/index.ts';

const authority = createAuthority('Key fetch test');
const certificate = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
const requested: string[] = [];
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/good': (response) => response.end('{"keys":[1]}'),
  '/500': (response) => response.writeHead(500).end('{"keys":[1]}'),
  '/redirect': (response) => response.writeHead(302, { location: '/good' }).end(),
  '/text': (response) => response.end('<html>'),
  '/hang': () => undefined,
  '/half': (response) => {
    response.write('{"keys":');
  },
  '/broken': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    response.destroy();
  },
  '/huge': (response) => {
    response.end(JSON.stringify({ keys: 'x'.repeat(1024 * 1024) }));
  },
  '/endless': (response) => {
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  },
};

const server: Server = createServer(
  { cert: certificate.certificatePem, key: certificate.privateKeyPem },
  (request, response) => {
    requested.push(request.url ?? '');
    answers[request.url ?? '']?.(response);
  },
);
let origin: string;
let keyFetch: KeyFetch;

const listen = (which: Server): Promise<number> =>
  new Promise((resolve) => {
    which.listen(0, '127.0.0.1', () => {
      const address = which.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

beforeAll(async () => {
  origin = `https://127.0.0.1:${await listen(server)}`;
  keyFetch = createKeyFetch({ authorityCa: authority.certificatePem, timeoutMs: 300 });
});
afterEach(() => {
  requested.length = 0;
});
afterAll(async () => {
  await keyFetch.close();
  server.closeAllConnections();
  server.close();
});

it('answers a document', async () => {
  expect(await keyFetch.fetchJson(`${origin}/good`)).toEqual({ keys: [1] });
});

it.each([['500'], ['text'], ['hang'], ['half'], ['broken'], ['huge'], ['endless']])(
  'J12: an authority that answers with %s is a failure, in time and in bounds',
  async (name) => {
    await expect(keyFetch.fetchJson(`${origin}/${name}`)).rejects.toThrow();
    expect(await keyFetch.fetchJson(`${origin}/good`)).toEqual({ keys: [1] });
  },
);

it.each([['huge'], ['endless']])('J12: %s is cut off by its size, not by the clock', async (name) => {
  const slow = createKeyFetch({ authorityCa: authority.certificatePem });
  await expect(slow.fetchJson(`${origin}/${name}`)).rejects.toMatchObject({
    code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  });
  await slow.close();
});

it('J12: a redirect is not followed', async () => {
  await expect(keyFetch.fetchJson(`${origin}/redirect`)).rejects.toThrow(/answered 302/);
  expect(requested).toEqual(['/redirect']);
});

it('a certificate of an unknown CA is refused: there is no way to switch this off', async () => {
  const strict = createKeyFetch({});
  await expect(strict.fetchJson(`${origin}/good`)).rejects.toThrow(/certificate/);
  await strict.close();
  expect(requested).toEqual([]);
});

it('goes through an outbound proxy by CONNECT, within the same bounds', async () => {
  const connects: string[] = [];
  const proxy = createProxy();
  proxy.on('connect', (request, client) => {
    connects.push(request.url ?? '');
    const target = connect(Number(new URL(origin).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) socket.on('error', () => target.destroy());
  });
  const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;
  const proxied = createKeyFetch({ authorityCa: authority.certificatePem, proxyUrl, timeoutMs: 1_000 });
  expect(await proxied.fetchJson(`${origin}/good`)).toEqual({ keys: [1] });
  await expect(proxied.fetchJson(`${origin}/huge`)).rejects.toMatchObject({
    code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  });
  expect(connects[0]).toBe(new URL(origin).host);
  await proxied.close();
  proxy.closeAllConnections();
  proxy.close();
});

it('a fetch under way ends with an error when it is closed', async () => {
  const closing = createKeyFetch({ authorityCa: authority.certificatePem });
  const pending = closing.fetchJson(`${origin}/hang`);
  const refused = expect(pending).rejects.toThrow();
  await closing.close();
  await refused;
});
