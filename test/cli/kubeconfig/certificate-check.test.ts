import { createServer as createTcpServer } from 'node:net';
import type { Server } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkCertificate } from '../../../cli/kubeconfig/certificate-check.ts';
import { createAuthority } from '../../../gateway/index.ts';

const authority = createAuthority('gateway');
const stranger = createAuthority('somebody else');
const certificate = authority.issueServerCertificate({
  dnsNames: ['*.cluster-connect.internal'],
  ipAddresses: ['127.0.0.1'],
});

let server: Server;
let url = '';
beforeAll(async () => {
  server = createServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
  server.on('tlsClientError', () => undefined);
  url = await listen(server);
});
afterAll(() => void server.close());

async function listen(listener: Server): Promise<string> {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', () => resolve()));
  const address = listener.address();
  return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/clusters/x`;
}

describe('checkCertificate', () => {
  it.each([
    { what: 'the address', caPem: authority.certificatePem, serverName: undefined },
    {
      what: 'a server name',
      caPem: authority.certificatePem,
      serverName: 'harbour.cluster-connect.internal',
    },
    {
      what: 'several CAs',
      caPem: `${stranger.certificatePem}${authority.certificatePem}`,
      serverName: undefined,
    },
  ])('finds the CA that signs $what', async ({ caPem, serverName }) => {
    expect(await checkCertificate({ url, caPem, serverName })).toEqual({ outcome: 'signed' });
  });

  it('tells another CA', async () => {
    expect(await checkCertificate({ url, caPem: stranger.certificatePem })).toEqual({
      outcome: 'not-signed',
      code: expect.stringMatching(/^(UNABLE_TO|SELF_SIGNED)/),
    });
  });

  it('tells a certificate for another name', async () => {
    const question = { url, caPem: authority.certificatePem, serverName: 'harbour.example.com' };
    expect(await checkCertificate(question)).toEqual({
      outcome: 'not-signed',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('tells what has nothing to do with certificates', async () => {
    const closed = createTcpServer((socket) => void socket.end());
    const plain = createTcpServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const caPem = authority.certificatePem;
    for (const listener of [closed, plain]) {
      const finding = await checkCertificate({ url: await listen(listener), caPem });
      expect(finding.outcome).toBe('unreachable');
      listener.close();
    }
    expect(await checkCertificate({ url: 'https://127.0.0.1:1', caPem })).toEqual({
      outcome: 'unreachable',
      code: 'ECONNREFUSED',
    });
  });
});
