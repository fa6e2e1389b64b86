// Takes the certificates out of a PEM file, and nothing else that may lie beside them.
import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const MAX_CERTIFICATES = 500;

/** The certificates of a PEM text and nothing else of it (a key beside them stays out); undefined if one is broken. */
export function certificatesIn(text: string): string | undefined {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0 || blocks.length > MAX_CERTIFICATES) return undefined;
  try {
    for (const block of blocks) void new X509Certificate(block).fingerprint256;
  } catch {
    return undefined;
  }
  return `${blocks.join('\n')}\n`;
}
