// The CA that somebody named: its certificates and nothing that lies beside them, or why there are none.
import { certificatesIn } from '../config/pem.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';

/** `fault`: the end of a sentence that begins with the file. */
export type Certificates = { readonly pem: string } | { readonly fault: string };

export function readCertificates(file: string): Certificates {
  const found = readBoundedFile(file, FILE_LIMITS.pem);
  return 'text' in found ? certificatesOf(found.text) : { fault: describeFault(found) };
}

export function certificatesOf(text: string): Certificates {
  const pem = certificatesIn(text);
  return pem === undefined ? { fault: 'holds no usable PEM certificate' } : { pem };
}
