// One unit of work: all of it or nothing, and nobody else's writes in between.
import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` in a write transaction. IMMEDIATE takes the write lock before the first read, so that no other process
 * can change what `work` decides upon, and waiting for the lock obeys the busy timeout.
 */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
