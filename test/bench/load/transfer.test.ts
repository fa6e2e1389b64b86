// Downloads and uploads against the stand-in, and against servers that are wrong.
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { patternAt } from '../../../bench/apiserver/index.ts';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { startTransfer } from '../../../bench/load/index.ts';
import type { TransferSpec } from '../../../bench/load/index.ts';
import { startTestStandIn, TEST_AUTHORITY, TEST_TLS } from './stand-in.ts';

const BYTES = 3_000_000;
const standIn = await startTestStandIn();
let server: Server | undefined;

afterEach(() => {
  standIn.intake.reset();
  server?.close();
});

function specOf(port: number, overrides: Partial<TransferSpec> = {}): TransferSpec {
  return {
    direction: 'download',
    bytesEach: BYTES,
    connections: 2,
    host: '127.0.0.1',
    port,
    serverName: '',
    ca: TEST_AUTHORITY.certificatePem,
    headers: ['accept', '*/*'],
    ...overrides,
  };
}

/** Answers each request with `head`, then `body`. */
async function startWrongServer(answer: (socket: TLSSocket) => void): Promise<number> {
  server = createServer({ ...TEST_TLS, ALPNProtocols: ['http/1.1'] }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
    socket.resume();
  });
  return listenOnFreePort(server);
}

describe('a transfer', () => {
  it('downloads the pattern whole', async () => {
    const transfer = await startTransfer(specOf(standIn.port));
    expect(await transfer.result).toMatchObject({ bytes: 2 * BYTES, ended: 2, wrong: 0 });
    expect(transfer.progress()).toMatchObject({ bytes: 2 * BYTES, ended: 2, wrong: 0 });
  });

  it('uploads the pattern whole, and the stand-in says so', async () => {
    const transfer = await startTransfer(specOf(standIn.port, { direction: 'upload' }));
    expect(await transfer.result).toMatchObject({ bytes: 2 * BYTES, ended: 2, wrong: 0 });
    expect(standIn.intake.progress()).toMatchObject({ bytes: 2 * BYTES, ended: 2, wrong: 0 });
  });

  it('that is cut tells how far it was', async () => {
    const transfer = await startTransfer(specOf(standIn.port, { bytesEach: 1e11 }));
    await expect.poll(() => transfer.progress().bytes).toBeGreaterThan(0);
    const result = transfer.cut();
    expect(result).toMatchObject({ ended: 0, wrong: 0 });
    expect(result.bytes).toBeGreaterThan(0);
  });

  it('sees a byte that is another', async () => {
    const body = Buffer.from(patternAt(standIn.stock.pattern, 0, 1000));
    body.writeUInt8(body.readUInt8(999) ^ 1, 999);
    const port = await startWrongServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      socket.write(body);
    });
    const transfer = await startTransfer(specOf(port, { bytesEach: 1000, connections: 1 }));
    expect(await transfer.result).toMatchObject({ ended: 1, wrong: 1 });
  });

  it.each([
    { what: 'another length', answer: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' },
    { what: 'another status', answer: 'HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n' },
  ])('sees $what', async ({ answer }) => {
    const port = await startWrongServer((socket) => void socket.write(answer));
    const transfer = await startTransfer(specOf(port, { connections: 1 }));
    expect(await transfer.result).toMatchObject({ ended: 1, wrong: 1 });
  });

  it.each([
    { what: 'the stand-in took in something else', said: { bytes: BYTES, right: false } },
    { what: 'the stand-in took in less', said: { bytes: BYTES - 1, right: true } },
  ])('is wrong where $what', async ({ said }) => {
    const text = JSON.stringify(said);
    const port = await startWrongServer(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`),
    );
    const transfer = await startTransfer(specOf(port, { direction: 'upload', connections: 1 }));
    expect(await transfer.result).toMatchObject({ ended: 1, wrong: 1 });
  });

  it('fails where its connection is lost', async () => {
    const port = await startWrongServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc');
    });
    const transfer = await startTransfer(specOf(port, { connections: 1 }));
    await expect(transfer.result).rejects.toThrow(/closed|ECONNRESET/);
  });
});
