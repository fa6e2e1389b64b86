export { startGateway, AUTHORITY_DIRECTORY, STORE_FILE } from './gateway.ts';
export type { GatewayOptions, RunningGateway } from './gateway.ts';
export type { AccessRole, AccessRule, GatewayConfig, ListenAddress } from './config.ts';
export { GATEWAY_LIMITS } from './limits.ts';
export type { GatewayLimits } from './limits.ts';
export { createAuthority, loadOrCreateAuthority } from './pki/index.ts';
export type { CertificateAuthority } from './pki/index.ts';
export { MAX_JOIN_TOKEN_LIFETIME_MS, openStore, StoreError } from './store/index.ts';
export type { Cluster, ClusterStore } from './store/index.ts';
