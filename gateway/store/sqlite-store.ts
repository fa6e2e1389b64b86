// The default ClusterStore: one SQLite file by node:sqlite, nothing to install. Its calls block the thread for
// microseconds (reads) or one disk flush (writes, which are rare: a cluster is added, an agent joins).
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { isClusterName } from '../../http/index.ts';
import { ClusterConnectError, errorCode } from '../../observe/index.ts';
import type { Cluster, ClusterStore } from './cluster-store.ts';
import { openDatabaseFile } from './database-file.ts';
import { createJoinLedger } from './join-ledger.ts';
import { MAX_CLUSTERS } from './limits.ts';
import { agentKeyFrom, clusterFrom, countFrom } from './rows.ts';
import { StoreError } from './store-error.ts';
import { inTransaction } from './transaction.ts';

/**
 * Opens the database, or makes it (mode 0600) and the directory above it (0700). Several processes may have the same
 * file open.
 * @throws StoreError CC_ERR_STORE_UNAVAILABLE, CC_ERR_STORE_SCHEMA_NEWER
 */
export function openStore(file: string): ClusterStore {
  return sqliteStore(run(`opening ${file}`, () => openDatabaseFile(file)));
}

function sqliteStore(database: DatabaseSync): ClusterStore {
  const sql = {
    countClusters: database.prepare('SELECT COUNT(*) AS count FROM clusters'),
    insertCluster: database.prepare('INSERT INTO clusters (id, name, created_at_ms) VALUES (?, ?, ?)'),
    clusterByName: database.prepare('SELECT * FROM clusters WHERE name = ?'),
    clusterById: database.prepare('SELECT * FROM clusters WHERE id = ?'),
    clusters: database.prepare('SELECT * FROM clusters ORDER BY name'),
    deleteCluster: database.prepare('DELETE FROM clusters WHERE name = ?'),
    goodKey: database.prepare(
      'SELECT * FROM agent_keys WHERE cluster_id = ? AND thumbprint = ? AND revoked_at_ms IS NULL',
    ),
    keys: database.prepare(
      'SELECT * FROM agent_keys WHERE cluster_id = ? ORDER BY registered_at_ms, thumbprint',
    ),
    revokeKey: database.prepare(
      'UPDATE agent_keys SET revoked_at_ms = ? WHERE cluster_id = ? AND thumbprint = ? AND revoked_at_ms IS NULL',
    ),
  };
  const ledger = createJoinLedger(database);

  const insertCluster = (name: string): Cluster => {
    if (sql.clusterByName.get(name) !== undefined) {
      throw new StoreError('CC_ERR_STORE_CLUSTER_EXISTS', `there is a cluster ${name} already`);
    }
    if (countFrom(sql.countClusters.get()) >= MAX_CLUSTERS) {
      throw new StoreError('CC_ERR_STORE_LIMIT_CLUSTERS', `there are ${MAX_CLUSTERS} clusters already`);
    }
    const cluster = { id: randomUUID(), name, createdAtMs: Date.now() };
    sql.insertCluster.run(cluster.id, cluster.name, cluster.createdAtMs);
    return cluster;
  };

  return {
    async addCluster(name) {
      if (!isClusterName(name)) {
        throw new StoreError(
          'CC_ERR_STORE_CLUSTER_NAME_INVALID',
          'a cluster name has 1 to 63 of a-z, 0-9 and -, and neither begins nor ends with -',
        );
      }
      return run('adding a cluster', () => inTransaction(database, () => insertCluster(name)));
    },
    async getClusterByName(name) {
      return run('reading a cluster', () => optional(sql.clusterByName.get(name), clusterFrom));
    },
    async getClusterById(id) {
      return run('reading a cluster', () => optional(sql.clusterById.get(id), clusterFrom));
    },
    async listClusters() {
      return run('listing clusters', () => sql.clusters.all().map(clusterFrom));
    },
    async removeCluster(name) {
      return run('removing a cluster', () => sql.deleteCluster.run(name).changes === 1);
    },
    async issueJoinToken(clusterName, lifetimeMs) {
      return run('issuing a join token', () => ledger.issue(clusterName, lifetimeMs));
    },
    async redeemJoinToken(redemption) {
      return run('redeeming a join token', () => ledger.redeem(redemption));
    },
    async publicKeyOf(clusterId, thumbprint) {
      return run(
        'reading a key',
        () => optional(sql.goodKey.get(clusterId, thumbprint), agentKeyFrom)?.publicKey,
      );
    },
    async listKeys(clusterId) {
      return run('listing keys', () => sql.keys.all(clusterId).map(agentKeyFrom));
    },
    async revokeKey(clusterId, thumbprint) {
      return run('revoking a key', () => sql.revokeKey.run(Date.now(), clusterId, thumbprint).changes === 1);
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

function optional<Value>(row: unknown, from: (row: unknown) => Value): Value | undefined {
  return row === undefined ? undefined : from(row);
}

/** Our own errors pass; what SQLite or the disk throws gets a code, and keeps its cause for the log. */
function run<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof ClusterConnectError || error instanceof RangeError) throw error;
    const reason = sqliteReason(error) ?? errorCode(error);
    throw new StoreError('CC_ERR_STORE_UNAVAILABLE', `${what}: ${reason}`, { cause: error });
  }
}

/** SQLite's own words for its result code, such as `database is locked`; they quote no value. */
function sqliteReason(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('errstr' in error)) return undefined;
  return typeof error.errstr === 'string' ? error.errstr : undefined;
}
