// PFX (PKCS#12, RFC 7292) by node-forge: Node's own crypto hands out nothing of what it reads from one, and the ciphers
// that Windows still writes by default are no longer in its OpenSSL.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { UnusableCertificate } from './key-pair.ts';
import type { KeyAndCertificates } from './key-pair.ts';

const { pkcs8ShroudedKeyBag, keyBag, certBag } = forge.pki.oids;

/** @throws UnusableCertificate */
export function readPfx(bytes: Buffer, password: string | undefined): KeyAndCertificates {
  const pfx = open(bytes, password ?? '');
  const bags = (type: string | undefined): forge.pkcs12.Bag[] =>
    type === undefined ? [] : (pfx.getBags({ bagType: type })[type] ?? []);
  const keys = [...bags(pkcs8ShroudedKeyBag), ...bags(keyBag)];
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw new UnusableCertificate(`holds ${keys.length} private keys instead of one`);
  }
  return {
    key: readKey(key),
    certificates: bags(certBag).map(readCertificate),
  };
}

function open(bytes: Buffer, password: string): forge.pkcs12.Pkcs12Pfx {
  try {
    const asn1 = forge.asn1.fromDer(bytes.toString('latin1'));
    return forge.pkcs12.pkcs12FromAsn1(asn1, true, password);
  } catch (error) {
    throw new UnusableCertificate('is neither PEM nor a PFX that can be read (or its password is another)', {
      cause: error,
    });
  }
}

// forge knows RSA only, and leaves what else it finds as it is.
function readKey(bag: forge.pkcs12.Bag): KeyObject {
  if (bag.key === undefined || bag.key === null) throw new UnusableCertificate('holds no RSA key');
  return createPrivateKey(forge.pki.privateKeyToPem(bag.key));
}

function readCertificate(bag: forge.pkcs12.Bag): X509Certificate {
  if (bag.cert === undefined) throw new UnusableCertificate('has a certificate that cannot be read');
  return new X509Certificate(forge.pki.certificateToPem(bag.cert));
}
