export { DEFAULT_DIRECTORY } from './default-directory.ts';
export { findApp, findUser } from './directory.ts';
export type {
  Directory,
  DirectoryApi,
  DirectoryApp,
  DirectoryGroup,
  DirectoryUser,
  FederatedCredential,
} from './directory.ts';
export type { BrowserPage } from './authorize/browser.ts';
export type { FederatedTokenRequest } from './identities/federated-issuer.ts';
export type { GithubRun } from './identities/github.ts';
export type { ManagedIdentity } from './identities/managed-identity.ts';
export type { PipelinesJob } from './identities/pipelines.ts';
export type { Misbehaviour } from './misbehaviour.ts';
export { createApplicationCertificate } from './self-signed.ts';
export type { ApplicationCertificate } from './self-signed.ts';
export { createSigningKey, signJwt } from './signing-key.ts';
export type { SigningKey } from './signing-key.ts';
export { startEntraStandIn, WORKLOAD_ISSUER_PATH } from './stand-in.ts';
export type { EntraStandIn, EntraStandInOptions, TenantSettings } from './stand-in-options.ts';
export { createTenant } from './tenant.ts';
export type { Tenant, TenantOptions } from './tenant.ts';
export type { Confirmation, TokenRequest } from './token-request.ts';
