export { createAuthority, needsRenewal } from './authority.ts';
export type { CertificateAuthority, IssuedCertificate } from './authority.ts';
export { PkiError } from './pki-error.ts';
export { AUTHORITY_FILE, loadOrCreateAuthority } from './stored-authority.ts';
