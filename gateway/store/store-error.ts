// What a store can refuse or fail at. No message ever holds a join token.
import { ClusterConnectError } from '../../observe/index.ts';

export type StoreErrorCode =
  | 'CC_ERR_STORE_UNAVAILABLE'
  | 'CC_ERR_STORE_SCHEMA_NEWER'
  | 'CC_ERR_STORE_ROW_INVALID'
  | 'CC_ERR_STORE_CLUSTER_NAME_INVALID'
  | 'CC_ERR_STORE_CLUSTER_EXISTS'
  | 'CC_ERR_STORE_CLUSTER_UNKNOWN'
  | 'CC_ERR_STORE_LIFETIME_INVALID'
  | 'CC_ERR_STORE_LIMIT_CLUSTERS'
  | 'CC_ERR_STORE_LIMIT_JOIN_TOKENS'
  | 'CC_ERR_STORE_LIMIT_KEYS'
  | 'CC_ERR_STORE_JOIN_TOKEN_REFUSED'
  | 'CC_ERR_STORE_KEY_REVOKED'
  | 'CC_ERR_STORE_KEY_TAKEN';

/** Callers match `code`. After any of these nothing was changed. */
export class StoreError extends ClusterConnectError<StoreErrorCode> {}
