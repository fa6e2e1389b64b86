export { startGateway, AUTHORITY_DIRECTORY, AUTHORITY_NAME, STORE_FILE } from './gateway.ts';
export type { GatewayOptions, RunningGateway } from './gateway.ts';
export type {
  AccessRole,
  AccessRule,
  GatewayConfig,
  GatewayServiceConfig,
  ListenAddress,
  ServiceAccountRule,
} from './config.ts';
export type { GatewayLimits } from './limits.ts';
export type { Membership } from './membership.ts';
export { startGatewayProcesses, startGatewayService } from './processes/index.ts';
export type { GatewayProcessesOptions, GatewayService, RunningGatewayProcesses } from './processes/index.ts';
export type { DirectoryListener, TunnelDirectory } from './registry/index.ts';
export { createAuthority, loadOrCreateAuthority } from './pki/index.ts';
export type { CertificateAuthority } from './pki/index.ts';
export { openStore, StoreError } from './store/index.ts';
export type { Cluster, ClusterStore } from './store/index.ts';
