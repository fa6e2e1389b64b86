// The tables, as a list of steps that only ever grows: a file of any age is brought up to date when it is opened.
// The SQL stays in the part that PostgreSQL shares, but for the table options.
import type { DatabaseSync } from 'node:sqlite';
import { countFrom } from './rows.ts';
import { StoreError } from './store-error.ts';
import { inTransaction } from './transaction.ts';

/** The index of a step plus one is its schema version. Never edit one that was released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE clusters (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     created_at_ms INTEGER NOT NULL
   ) STRICT;

   -- One key stands for one cluster: a thumbprint exists once in the whole table.
   CREATE TABLE agent_keys (
     thumbprint TEXT PRIMARY KEY,
     cluster_id TEXT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
     public_jwk TEXT NOT NULL,
     registered_at_ms INTEGER NOT NULL,
     revoked_at_ms INTEGER
   ) STRICT;
   CREATE INDEX agent_keys_by_cluster ON agent_keys (cluster_id, registered_at_ms);

   CREATE TABLE join_tokens (
     hash TEXT PRIMARY KEY,
     cluster_id TEXT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
     expires_at_ms INTEGER NOT NULL,
     used_at_ms INTEGER,
     thumbprint TEXT,
     CHECK ((used_at_ms IS NULL) = (thumbprint IS NULL))
   ) STRICT;
   CREATE INDEX join_tokens_by_cluster ON join_tokens (cluster_id, expires_at_ms);`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** @throws StoreError CC_ERR_STORE_SCHEMA_NEWER when a later release has written the file */
export function migrate(database: DatabaseSync): void {
  inTransaction(database, () => {
    database.exec(
      'CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, applied_at_ms INTEGER NOT NULL) STRICT',
    );
    const current = countFrom(
      database.prepare('SELECT COALESCE(MAX(version), 0) AS count FROM schema_versions').get(),
    );
    if (current > SCHEMA_VERSION) {
      throw new StoreError(
        'CC_ERR_STORE_SCHEMA_NEWER',
        `the database has schema version ${current}, this release knows ${SCHEMA_VERSION}: use the newer release`,
      );
    }
    const record = database.prepare('INSERT INTO schema_versions (version, applied_at_ms) VALUES (?, ?)');
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < current) continue;
      database.exec(sql);
      record.run(index + 1, Date.now());
    }
  });
}
