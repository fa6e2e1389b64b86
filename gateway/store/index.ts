export type { AgentKey, Cluster, ClusterStore, Redemption } from './cluster-store.ts';
export {
  MAX_CLUSTERS,
  MAX_JOIN_TOKEN_LIFETIME_MS,
  MAX_KEYS_PER_CLUSTER,
  MAX_LIVE_JOIN_TOKENS_PER_CLUSTER,
} from './limits.ts';
export { openStore } from './sqlite-store.ts';
export { StoreError } from './store-error.ts';
export type { StoreErrorCode } from './store-error.ts';
