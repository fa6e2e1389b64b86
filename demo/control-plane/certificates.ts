// The cluster's own keys: its CA, the apiserver's certificate, the administrator's, and the key that signs
// ServiceAccount tokens. node:crypto makes the keys, node-forge only writes the certificates.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { CERTIFICATE_DAYS } from './limits.ts';

export interface KeyedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface ClusterCertificates {
  readonly caPem: string;
  /** Whoever has it is anybody, to this cluster. */
  readonly caKeyPem: string;
  readonly server: KeyedCertificate;
  /** A client of group `system:masters`, which RBAC refuses nothing. */
  readonly admin: KeyedCertificate;
  readonly tokenSigningKeyPem: string;
}

/** A subject in Kubernetes' reading: `commonName` is the user, each `organization` a group. */
interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

interface Authority {
  readonly subject: Subject;
  readonly key: forge.pki.rsa.PrivateKey;
}

const CA_SUBJECT: Subject = { commonName: 'control-plane-ca' };

const MS_PER_DAY = 24 * 60 * 60 * 1000;

/** Fresh keys for one throwaway cluster that serves on 127.0.0.1. */
export function createClusterCertificates(): ClusterCertificates {
  const caKey = generateRsaKey();
  const ca: Authority = { subject: CA_SUBJECT, key: forge.pki.privateKeyFromPem(caKey) };
  const caPem = signCertificate(caKey, CA_SUBJECT, ca, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const serverKey = generateRsaKey();
  const adminKey = generateRsaKey();
  return {
    caPem,
    caKeyPem: caKey,
    server: {
      privateKeyPem: serverKey,
      certificatePem: signCertificate(serverKey, { commonName: 'kube-apiserver' }, ca, [
        ...leafExtensions({ serverAuth: true }),
        {
          name: 'subjectAltName',
          altNames: [
            { type: 7, ip: '127.0.0.1' },
            { type: 2, value: 'localhost' },
            { type: 2, value: 'kubernetes.default.svc' },
          ],
        },
      ]),
    },
    admin: {
      privateKeyPem: adminKey,
      certificatePem: signCertificate(
        adminKey,
        { commonName: 'cluster-administrator', organizations: ['system:masters'] },
        ca,
        leafExtensions({ clientAuth: true }),
      ),
    },
    tokenSigningKeyPem: generateRsaKey(),
  };
}

/** A client certificate of the cluster's CA: how the apiserver knows a user who needs no relay. */
export function issueClientCertificate(
  caKeyPem: string,
  user: { readonly name: string; readonly groups: readonly string[] },
): KeyedCertificate {
  const ca: Authority = { subject: CA_SUBJECT, key: forge.pki.privateKeyFromPem(caKeyPem) };
  const key = generateRsaKey();
  const subject: Subject = { commonName: user.name, organizations: user.groups };
  const certificatePem = signCertificate(key, subject, ca, leafExtensions({ clientAuth: true }));
  return { privateKeyPem: key, certificatePem };
}

function leafExtensions(usage: object): object[] {
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', ...usage },
  ];
}

/** PKCS #1, which forge and kube-apiserver both read. */
function generateRsaKey(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

function signCertificate(keyPem: string, subject: Subject, issuer: Authority, extensions: object[]): string {
  const key = forge.pki.privateKeyFromPem(keyPem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e);
  // RFC 5280 §4.1.2.2: a positive number, so the first byte stays below 0x80.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - MS_PER_DAY);
  certificate.validity.notAfter = new Date(Date.now() + CERTIFICATE_DAYS * MS_PER_DAY);
  certificate.setSubject(nameAttributes(subject));
  certificate.setIssuer(nameAttributes(issuer.subject));
  certificate.setExtensions(extensions);
  certificate.sign(issuer.key, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

function nameAttributes(subject: Subject): forge.pki.CertificateField[] {
  const groups = subject.organizations ?? [];
  return [
    ...groups.map((value) => ({ name: 'organizationName', value })),
    { name: 'commonName', value: subject.commonName },
  ];
}
