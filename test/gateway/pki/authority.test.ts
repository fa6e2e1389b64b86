// Every certificate is read back by node:crypto and by a real TLS handshake, never by forge that built it.
import { X509Certificate, createHash, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import forge from 'node-forge';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAuthority, needsRenewal } from '../../../gateway/pki/index.ts';
import type { CertificateAuthority, IssuedCertificate } from '../../../gateway/pki/index.ts';

const DAY_MS = 86_400_000;
const names = {
  dnsNames: ['*.cluster-connect.internal', 'relay.example.com'],
  ipAddresses: ['127.0.0.1', '::1'],
};

let authority: CertificateAuthority;
let issued: IssuedCertificate;
beforeAll(() => {
  authority = createAuthority('cluster-connect gateway CA');
  issued = authority.issueServerCertificate(names);
});
afterEach(() => vi.useRealTimers());

function extension(pem: string, name: string): Record<string, unknown> {
  const found = forge.pki.certificateFromPem(pem).getExtension({ name });
  return { ...found };
}

describe('the authority', () => {
  it('is a self-signed CA that can sign certificates and lists, but make no further CA', () => {
    const certificate = new X509Certificate(authority.certificatePem);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('O=cluster-connect\nCN=cluster-connect gateway CA');
    expect(extension(authority.certificatePem, 'basicConstraints')).toMatchObject({
      critical: true,
      cA: true,
      pathLenConstraint: 0,
    });
    expect(extension(authority.certificatePem, 'keyUsage')).toMatchObject({
      critical: true,
      keyCertSign: true,
      cRLSign: true,
      digitalSignature: false,
    });
  });

  it('I6: is dated back five minutes and lasts ten years', () => {
    const { validFromDate, validToDate } = new X509Certificate(authority.certificatePem);
    const ageMs = Date.now() - validFromDate.getTime();
    expect(ageMs).toBeGreaterThanOrEqual(5 * 60_000);
    expect(ageMs).toBeLessThan(6 * 60_000);
    expect((validToDate.getTime() - Date.now()) / DAY_MS).toBeCloseTo(3653, 0);
  });

  it('has a positive random serial number of 128 bits', () => {
    const serials = [
      authority.certificatePem,
      issued.certificatePem,
      createAuthority('other').certificatePem,
    ].map((pem) => new X509Certificate(pem).serialNumber);
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it.each(['', 'x'.repeat(65), 'naïve', 'line\nbreak', 'a@b'])('does not take the common name %j', (name) => {
    expect(() => createAuthority(name)).toThrow(RangeError);
  });

  it('makes a key pair and its certificate in well under a second', () => {
    const startMs = performance.now();
    authority.issueServerCertificate({ dnsNames: ['a.example'] });
    expect(performance.now() - startMs).toBeLessThan(3000);
  });
});

describe('a server certificate', () => {
  it('chains to the authority, is no CA and serves TLS only', () => {
    const certificate = new X509Certificate(issued.certificatePem);
    const root = new X509Certificate(authority.certificatePem);
    expect(certificate.checkIssued(root) && certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(createPublicKey(issued.privateKeyPem).equals(certificate.publicKey)).toBe(true);
  });

  it('has a P-256 key that signs and does nothing else, and names it and its issuer', () => {
    const { raw, publicKey } = new X509Certificate(issued.certificatePem);
    expect(publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    const ownName = createHash('sha1').update(point).digest('hex');
    const issuer = String(
      extension(authority.certificatePem, 'subjectKeyIdentifier')['subjectKeyIdentifier'],
    );
    // RFC 5280 §4.2.1.1 to §4.2.1.3, as DER: the extension's OID, whether it is critical, and its value.
    for (const [oid, critical, value] of [
      ['0603551d0f', '0101ff', '040403020780'],
      ['0603551d0e', '', `04160414${ownName}`],
      ['0603551d23', '', `041830168014${issuer}`],
    ]) {
      expect(raw.toString('hex')).toContain(`${oid}${critical}${value}`);
    }
  });

  it.each([
    ['demo.cluster-connect.internal', true],
    ['relay.example.com', true],
    ['a.demo.cluster-connect.internal', false],
    ['cluster-connect.internal', false],
    ['example.com', false],
  ])('for %s is valid: %s', (host, valid) => {
    expect(new X509Certificate(issued.certificatePem).checkHost(host) !== undefined).toBe(valid);
  });

  it('carries IPv4 and IPv6 addresses as addresses', () => {
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
  });

  it('passes a real handshake by its server name, and fails one that asks for another', async () => {
    const server = createServer({ key: issued.privateKeyPem, cert: issued.certificatePem }, (socket) =>
      socket.end(),
    );
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const dial = async (servername: string): Promise<string> => {
      const socket = connect({
        host: '127.0.0.1',
        port: address.port,
        ca: authority.certificatePem,
        servername,
      });
      return new Promise((resolve) => {
        socket.once('secureConnect', () => {
          socket.destroy();
          resolve('ok');
        });
        socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
      });
    };
    expect(await dial('demo.cluster-connect.internal')).toBe('ok');
    expect(await dial('demo.example.org')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    server.close();
    await once(server, 'close');
  });

  it('lasts ninety days, or the days asked for', () => {
    const lifeDays = (pem: string): number =>
      Math.round((new X509Certificate(pem).validToDate.getTime() - Date.now()) / DAY_MS);
    expect(lifeDays(issued.certificatePem)).toBe(90);
    expect(
      lifeDays(authority.issueServerCertificate({ dnsNames: ['a.example'], validDays: 7 }).certificatePem),
    ).toBe(7);
  });

  it('does not outlive its authority', () => {
    const endMs = new X509Certificate(authority.certificatePem).validToDate.getTime();
    vi.useFakeTimers({ toFake: ['Date'], now: endMs - 10 * DAY_MS });
    const late = new X509Certificate(
      authority.issueServerCertificate({ dnsNames: ['a.example'] }).certificatePem,
    );
    expect(late.validToDate.getTime()).toBe(endMs);
  });

  it('is not issued by an authority that has expired', () => {
    const endMs = new X509Certificate(authority.certificatePem).validToDate.getTime();
    vi.useFakeTimers({ toFake: ['Date'], now: endMs + DAY_MS });
    expect(() => authority.issueServerCertificate({ dnsNames: ['a.example'] })).toThrow(
      expect.objectContaining({ code: 'CC_ERR_PKI_BUILD_FAILED' }),
    );
  });

  it.each([
    ['upper case', ['Relay.example.com']],
    ['a wildcard inside', ['a.*.example.com']],
    ['a bare wildcard', ['*']],
    ['a partial wildcard', ['w*.example.com']],
    ['a NUL', ['relay.example.com\0.evil.example']],
    ['a trailing dot', ['relay.example.com.']],
    ['an empty label', ['relay..example.com']],
    ['a space', ['relay example.com']],
    ['an IP address among the names', ['127.0.0.1']],
    ['a label of 64 characters', [`${'a'.repeat(64)}.example`]],
    ['a name of 254 characters', [`${'a.'.repeat(126)}ab`]],
    ['a second name in one', ['a.example,DNS:b.example']],
    ['no name', []],
    ['65 names', Array.from({ length: 65 }, (_, index) => `n${index}.example`)],
  ])('I7: is refused for %s', (_, dnsNames) => {
    expect(() => authority.issueServerCertificate({ dnsNames })).toThrow(
      expect.objectContaining({ code: 'CC_ERR_PKI_NAME_INVALID' }),
    );
  });

  it.each(['localhost', '1.2.3', '256.0.0.1', 'fe80::1%eth0', ''])(
    'I7: is refused for the address %j',
    (address) => {
      expect(() => authority.issueServerCertificate({ dnsNames: [], ipAddresses: [address] })).toThrow(
        expect.objectContaining({ code: 'CC_ERR_PKI_NAME_INVALID' }),
      );
    },
  );

  it.each([0, -1, 1.5, 399, Number.NaN])('is refused for %s days', (validDays) => {
    expect(() => authority.issueServerCertificate({ dnsNames: ['a.example'], validDays })).toThrow(
      RangeError,
    );
  });
});

describe('needsRenewal', () => {
  it('I6: says so from two thirds of the life on', () => {
    const { validFromDate, validToDate } = new X509Certificate(issued.certificatePem);
    const dueMs = validFromDate.getTime() + ((validToDate.getTime() - validFromDate.getTime()) * 2) / 3;
    expect(needsRenewal(issued.certificatePem, Date.now())).toBe(false);
    expect(needsRenewal(issued.certificatePem, dueMs - 1000)).toBe(false);
    expect(needsRenewal(issued.certificatePem, dueMs)).toBe(true);
    expect(needsRenewal(issued.certificatePem, validToDate.getTime() + DAY_MS)).toBe(true);
  });
});
