export { DEFAULT_DIRECTORY } from './directory.ts';
export type { Directory, DirectoryApi, DirectoryApp, DirectoryGroup, DirectoryUser } from './directory.ts';
export { createSigningKey } from './signing-key.ts';
export type { SigningKey } from './signing-key.ts';
export { startEntraStandIn } from './stand-in.ts';
export type { EntraStandIn, EntraStandInOptions } from './stand-in.ts';
export { createTenant } from './tenant.ts';
export type { Tenant, TenantOptions } from './tenant.ts';
export type { TokenRequest } from './token-claims.ts';
