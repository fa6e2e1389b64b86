export { DEFAULT_SERVER_DAYS, createAuthority, needsRenewal } from './authority.ts';
export type { CertificateAuthority, IssuedCertificate, ServerCertificateRequest } from './authority.ts';
export { MAX_CERTIFICATE_NAMES, isCertificateDnsName } from './names.ts';
export { PkiError } from './pki-error.ts';
export type { PkiErrorCode } from './pki-error.ts';
export { AUTHORITY_FILE, loadOrCreateAuthority } from './stored-authority.ts';
