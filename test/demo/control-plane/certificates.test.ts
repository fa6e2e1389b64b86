import { X509Certificate, createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createClusterCertificates } from '../../../demo/control-plane/certificates.ts';

describe('createClusterCertificates', () => {
  const certificates = createClusterCertificates();
  const ca = new X509Certificate(certificates.caPem);

  test('has a CA that may sign', () => {
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
  });

  test.each(['server', 'admin'] as const)('has a %s certificate of that CA, with its key', (name) => {
    const { certificatePem, privateKeyPem } = certificates[name];
    const leaf = new X509Certificate(certificatePem);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  });

  test('names the server by its address, and the administrator by the group that may do everything', () => {
    expect(new X509Certificate(certificates.server.certificatePem).checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(new X509Certificate(certificates.admin.certificatePem).subject).toContain('O=system:masters');
  });
});
