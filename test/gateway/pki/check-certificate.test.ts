// The check must be able to say no: each row breaks one property of an otherwise good pair.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateAuthority, authorityFrom } from '../../../gateway/pki/authority.ts';
import { buildServerCertificate } from '../../../gateway/pki/build-certificate.ts';
import { authorityProblem, serverProblem } from '../../../gateway/pki/check-certificate.ts';

const issuer = generateAuthority('first CA');
const other = generateAuthority('first CA');
const names = { dnsNames: ['a.example', '*.b.example'], ipAddresses: ['10.0.0.1'] };
const server = authorityFrom(issuer).issueServerCertificate(names);
const nowMs = Date.now();
const publicKeyOf = (pem: string): string =>
  new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }).toString();
const outliving = buildServerCertificate(issuer, publicKeyOf(server.certificatePem), names, {
  notBefore: new Date(nowMs - 1000),
  notAfter: new Date(nowMs + 5000 * 86_400_000),
});
/** The same certificate with the last bit of its signature turned over. */
function forge(pem: string): string {
  const der = Buffer.from(new X509Certificate(pem).raw);
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

describe('authorityProblem', () => {
  it('finds none in a good pair', () => {
    expect(authorityProblem(issuer.certificatePem, issuer.privateKeyPem, nowMs)).toBeUndefined();
  });

  it.each([
    ['another key', issuer.certificatePem, other.privateKeyPem, nowMs, 'does not belong'],
    ['I9: a leaf acting as CA', server.certificatePem, server.privateKeyPem, nowMs, 'not a CA'],
    [
      'a forged signature',
      forge(issuer.certificatePem),
      issuer.privateKeyPem,
      nowMs,
      'not signed by its own key',
    ],
    ['garbage', 'x', issuer.privateKeyPem, nowMs, 'cannot be read'],
    ['no key', issuer.certificatePem, '', nowMs, 'cannot be read'],
    ['a time before it', issuer.certificatePem, issuer.privateKeyPem, nowMs - 6 * 60_000, 'valid only from'],
    ['a time after it', issuer.certificatePem, issuer.privateKeyPem, nowMs + 3660 * 86_400_000, 'expired at'],
  ])('names the problem of %s', (_, certificatePem, keyPem, atMs, text) => {
    expect(authorityProblem(certificatePem, keyPem, atMs)).toContain(text);
  });
});

describe('serverProblem', () => {
  const good = { certificatePem: server.certificatePem, keyPem: server.privateKeyPem };
  const expected = { authorityPem: issuer.certificatePem, names, nowMs };

  it('finds none in a good pair', () => {
    expect(serverProblem(good.certificatePem, good.keyPem, expected)).toBeUndefined();
  });

  it.each([
    ['another key', { ...good, keyPem: issuer.privateKeyPem }, expected, 'does not belong'],
    [
      'I9: a CA as server',
      { certificatePem: issuer.certificatePem, keyPem: issuer.privateKeyPem },
      expected,
      'must not be',
    ],
    [
      'an authority of the same name',
      good,
      { ...expected, authorityPem: other.certificatePem },
      'not signed',
    ],
    [
      'a missing name',
      good,
      { ...expected, names: { ...names, dnsNames: ['c.example'] } },
      'c.example is missing',
    ],
    [
      'a missing wildcard',
      good,
      { ...expected, names: { ...names, dnsNames: ['*.c.example'] } },
      'is missing',
    ],
    [
      'a missing address',
      good,
      { ...expected, names: { ...names, ipAddresses: ['10.0.0.2'] } },
      'is missing',
    ],
    ['a time after it', good, { ...expected, nowMs: nowMs + 91 * 86_400_000 }, 'expired at'],
    ['garbage', { ...good, certificatePem: 'x' }, expected, 'cannot be read'],
    ['a life beyond the authority', { ...good, certificatePem: outliving }, expected, 'outlives'],
  ])('names the problem of %s', (_, pair, against, text) => {
    expect(serverProblem(pair.certificatePem, pair.keyPem, against)).toContain(text);
  });
});
