// The gateway's durable state as its other parts see it: small, and asynchronous, so that PostgreSQL can stand in
// for SQLite with the same tests (DESIGN §9). What a method reported done is on disk.
import type { JsonWebKey } from 'node:crypto';

export interface Cluster {
  /** UUID v4; never used again, even when a cluster of the same name is added later. */
  readonly id: string;
  /** `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`, unique. */
  readonly name: string;
  readonly createdAtMs: number;
}

export interface AgentKey {
  readonly clusterId: string;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  readonly publicKey: JsonWebKey;
  readonly registeredAtMs: number;
  /** Absent while the key is good. */
  readonly revokedAtMs?: number;
}

export interface Redemption {
  /** The text of the join token, as the agent sent it. */
  readonly joinToken: string;
  /** Of the key whose possession the caller has verified; the store does not look at proofs. */
  readonly thumbprint: string;
  /** Public members only. */
  readonly publicKey: JsonWebKey;
  readonly nowMs: number;
}

/** Every method rejects with StoreError; CC_ERR_STORE_UNAVAILABLE is possible anywhere. */
export interface ClusterStore {
  /** @throws StoreError CLUSTER_NAME_INVALID, CLUSTER_EXISTS, LIMIT_CLUSTERS */
  addCluster(name: string): Promise<Cluster>;
  getClusterByName(name: string): Promise<Cluster | undefined>;
  getClusterById(id: string): Promise<Cluster | undefined>;
  /** By name. */
  listClusters(): Promise<readonly Cluster[]>;
  /** Forgets the cluster with its keys and join tokens; false when there was none. */
  removeCluster(name: string): Promise<boolean>;

  /**
   * The text of a new join token, told once: only its hash is kept.
   * @throws StoreError CLUSTER_UNKNOWN, LIFETIME_INVALID, LIMIT_JOIN_TOKENS, LIMIT_KEYS
   */
  issueJoinToken(clusterName: string, lifetimeMs: number): Promise<string>;
  /**
   * Registers a key with a join token, atomically: of any number of redemptions at once, in any number of processes,
   * one key registers. The same key may repeat it until the token expires, so that an agent that died before it
   * stored the answer is not locked out; it gains nothing that it did not have.
   * A cluster may have several keys (a reinstalled agent, a rotation): registering one leaves the others good until
   * they are revoked, so that whoever gets hold of a join token cannot put the running agent out (facts I4: among
   * tunnels, newest wins only with the same key).
   * @throws StoreError JOIN_TOKEN_REFUSED (malformed, unknown, expired or used: not told apart), KEY_REVOKED,
   *   KEY_TAKEN (by another cluster), LIMIT_KEYS
   */
  redeemJoinToken(redemption: Redemption): Promise<Cluster>;

  /** The key to check an assertion of this cluster with; undefined for one that is unknown, revoked or another's. */
  publicKeyOf(clusterId: string, thumbprint: string): Promise<JsonWebKey | undefined>;
  /** All of a cluster's keys, oldest first, revoked ones too. */
  listKeys(clusterId: string): Promise<readonly AgentKey[]>;
  /** For good: it can never register again. False when there was no such good key. */
  revokeKey(clusterId: string, thumbprint: string): Promise<boolean>;

  /** Repeatable. */
  close(): Promise<void>;
}
