// Join tokens in SQLite: issued, and redeemed exactly once (facts I2).
import type { DatabaseSync } from 'node:sqlite';
import type { Cluster, Redemption } from './cluster-store.ts';
import { createJoinToken, hashJoinToken, isJoinToken } from './join-token.ts';
import {
  MAX_JOIN_TOKEN_LIFETIME_MS,
  MAX_KEYS_PER_CLUSTER,
  MAX_LIVE_JOIN_TOKENS_PER_CLUSTER,
  MAX_PUBLIC_KEY_LENGTH,
} from './limits.ts';
import { agentKeyFrom, clusterFrom, countFrom, joinTokenFrom, publicKeyText } from './rows.ts';
import { StoreError } from './store-error.ts';
import { inTransaction } from './transaction.ts';

export interface JoinLedger {
  issue(clusterName: string, lifetimeMs: number): string;
  redeem(redemption: Redemption): Cluster;
}

/** The synchronous half of `ClusterStore.issueJoinToken` and `redeemJoinToken`, whose words hold here. */
export function createJoinLedger(database: DatabaseSync): JoinLedger {
  const sql = {
    clusterByName: database.prepare('SELECT * FROM clusters WHERE name = ?'),
    clusterById: database.prepare('SELECT * FROM clusters WHERE id = ?'),
    dropExpired: database.prepare('DELETE FROM join_tokens WHERE cluster_id = ? AND expires_at_ms <= ?'),
    countLiveTokens: database.prepare(
      'SELECT COUNT(*) AS count FROM join_tokens WHERE cluster_id = ? AND used_at_ms IS NULL',
    ),
    insertToken: database.prepare(
      'INSERT INTO join_tokens (hash, cluster_id, expires_at_ms) VALUES (?, ?, ?)',
    ),
    token: database.prepare('SELECT * FROM join_tokens WHERE hash = ?'),
    useToken: database.prepare('UPDATE join_tokens SET used_at_ms = ?, thumbprint = ? WHERE hash = ?'),
    countGoodKeys: database.prepare(
      'SELECT COUNT(*) AS count FROM agent_keys WHERE cluster_id = ? AND revoked_at_ms IS NULL',
    ),
    key: database.prepare('SELECT * FROM agent_keys WHERE thumbprint = ?'),
    insertKey: database.prepare(
      'INSERT INTO agent_keys (thumbprint, cluster_id, public_jwk, registered_at_ms) VALUES (?, ?, ?, ?)',
    ),
  };

  const assertRoomForKey = (clusterId: string): void => {
    if (countFrom(sql.countGoodKeys.get(clusterId)) < MAX_KEYS_PER_CLUSTER) return;
    throw new StoreError(
      'CC_ERR_STORE_LIMIT_KEYS',
      `the cluster has ${MAX_KEYS_PER_CLUSTER} agent keys already: revoke one that is no longer used`,
    );
  };

  /** Registers the key unless this cluster has it; never brings a revoked one back. */
  const registerKey = (clusterId: string, { thumbprint, publicKey, nowMs }: Redemption): void => {
    const row = sql.key.get(thumbprint);
    if (row !== undefined) {
      const known = agentKeyFrom(row);
      if (known.revokedAtMs !== undefined) {
        throw new StoreError('CC_ERR_STORE_KEY_REVOKED', 'this agent key was revoked: make a new one');
      }
      if (known.clusterId !== clusterId) {
        throw new StoreError(
          'CC_ERR_STORE_KEY_TAKEN',
          'this agent key belongs to another cluster: make a new one',
        );
      }
      return;
    }
    assertRoomForKey(clusterId);
    const publicJwk = publicKeyText(publicKey);
    if (publicJwk.length > MAX_PUBLIC_KEY_LENGTH) throw new RangeError('the public key is too large');
    sql.insertKey.run(thumbprint, clusterId, publicJwk, nowMs);
  };

  return {
    issue(clusterName, lifetimeMs) {
      if (!Number.isSafeInteger(lifetimeMs) || lifetimeMs <= 0 || lifetimeMs > MAX_JOIN_TOKEN_LIFETIME_MS) {
        throw new StoreError(
          'CC_ERR_STORE_LIFETIME_INVALID',
          `a join token lasts more than 0 and at most ${MAX_JOIN_TOKEN_LIFETIME_MS / 3_600_000} hours`,
        );
      }
      return inTransaction(database, () => {
        const row = sql.clusterByName.get(clusterName);
        if (row === undefined)
          throw new StoreError('CC_ERR_STORE_CLUSTER_UNKNOWN', 'there is no such cluster');
        const cluster = clusterFrom(row);
        const nowMs = Date.now();
        sql.dropExpired.run(cluster.id, nowMs);
        if (countFrom(sql.countLiveTokens.get(cluster.id)) >= MAX_LIVE_JOIN_TOKENS_PER_CLUSTER) {
          throw new StoreError(
            'CC_ERR_STORE_LIMIT_JOIN_TOKENS',
            `the cluster has ${MAX_LIVE_JOIN_TOKENS_PER_CLUSTER} unused join tokens: use one, or wait until they expire`,
          );
        }
        // Better told to the person here than to an agent later.
        assertRoomForKey(cluster.id);
        const joinToken = createJoinToken();
        sql.insertToken.run(hashJoinToken(joinToken), cluster.id, nowMs + lifetimeMs);
        return joinToken;
      });
    },

    redeem(redemption) {
      if (!isJoinToken(redemption.joinToken)) throw refused();
      const tokenHash = hashJoinToken(redemption.joinToken);
      // A guess costs one read: it never takes the write lock from those who have business here.
      if (sql.token.get(tokenHash) === undefined) throw refused();
      return inTransaction(database, () => {
        const row = sql.token.get(tokenHash);
        if (row === undefined) throw refused();
        const token = joinTokenFrom(row);
        const usedByAnother = token.thumbprint !== null && token.thumbprint !== redemption.thumbprint;
        if (usedByAnother || redemption.nowMs >= token.expiresAtMs) throw refused();
        registerKey(token.clusterId, redemption);
        if (token.thumbprint === null) sql.useToken.run(redemption.nowMs, redemption.thumbprint, tokenHash);
        return clusterFrom(sql.clusterById.get(token.clusterId));
      });
    },
  };
}

/** One answer for malformed, unknown, expired and used: whoever guesses learns nothing. */
function refused(): StoreError {
  return new StoreError(
    'CC_ERR_STORE_JOIN_TOKEN_REFUSED',
    'the join token is not valid: it is unknown, expired or used already',
  );
}
