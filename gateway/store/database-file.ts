// Opens the SQLite file so that what was committed survives a power cut and two processes can share it.
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { closeToOthers, makePrivateDirectory, syncDirectory } from '../private-files.ts';
import { BUSY_TIMEOUT_MS } from './limits.ts';
import { migrate } from './schema.ts';

const SQLITE_BUSY = 5;
const RETRY_PAUSE_MS = 10;

/** Throws whatever SQLite or the disk says; the caller makes it a StoreError. */
export function openDatabaseFile(file: string): DatabaseSync {
  makePrivateDirectory(dirname(file));
  // SQLite would make it 0644, and gives its -wal and -shm files the mode of this one.
  closeSync(openSync(file, 'a', 0o600));
  closeToOthers(file);
  syncDirectory(dirname(file));
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
  try {
    switchToWriteAheadLog(database);
    // Every commit is on the disk before it returns.
    database.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Readers then never wait for a writer. The file remembers it; only the first opener of a new file really switches,
 * and SQLite does not apply the busy timeout to that (two openers would wait for each other): so it is applied here.
 */
function switchToWriteAheadLog(database: DatabaseSync): void {
  const giveUpAtMs = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAtMs) throw error;
      pauseThread(RETRY_PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** Opening is synchronous and done once, at start; SQLite itself waits in the same way. */
function pauseThread(pauseMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}
